"""Fit the feature parser: softmax regression from the generator's activations to BiSeNet's labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import torch
from torch.nn import functional as F

from engine.errors import TrainingData
from engine.latent.networks import Networks
from engine.parsing import BiSeNet, class_logits
from engine.parsing.feature_parser import (
    FEATURE_CLASSES,
    FEATURE_SIZES_PX,
    FeatureParser,
    feature_logits,
    generator_sha256,
)
from engine.training.asset import write_asset
from engine.training.samples import Sample, sample_faces

TRUNCATION = (0.6, 1.0)
HELD_OUT = 0.1
CONFIDENT = 0.8
PIXELS_PER_CLASS = 48
EPOCHS = 12
BATCH = 1024
RATE, RATE_DECAY, WEIGHT_DECAY = 2e-3, 0.75, 1e-4


def train_feature_parser(
    networks: Networks,
    out: Path,
    *,
    samples: int,
    seed: int,
    tell: Callable[[str, float], None],
) -> dict[str, object]:
    """Sample faces, fit on some pixels of most, score on all pixels of the rest, write the asset; returns its card.

    Raises TrainingData where the pictures show nothing that could be learnt.
    """
    generator, parser, statistics = networks.generator, networks.parser, networks.statistics
    rng = torch.Generator().manual_seed(seed + 1)
    faces = sample_faces(generator, statistics.mean, samples, seed=seed, truncation=TRUNCATION)
    kept = samples - max(1, round(samples * HELD_OUT))
    rows, labels = [], []
    for index, sample in enumerate(islice(faces, kept)):
        label, chosen = _chosen_pixels(region_probabilities(parser, sample), rng)
        rows.append(_features_at(sample, chosen).half().cpu())
        labels.append(label)
        tell("sampling", (index + 1) / samples)
    if not sum(map(len, labels)):
        raise TrainingData(
            f"In none of {kept} pictures could the face parser tell what a pixel is: bring a generator that draws "
            "faces, aligned as FFHQ is."
        )
    weight, bias = _fit(torch.cat(rows), torch.cat(labels), rng, lambda done: tell("fitting", done))
    # Scored as it is stored, in half precision.
    device = statistics.mean.device
    fitted = FeatureParser(
        weight.half().float().to(device), bias.half().float().to(device), FEATURE_SIZES_PX, tuple(FEATURE_CLASSES)
    )
    scores = _scores(fitted, parser, faces, lambda done: tell("scoring", (kept + done) / samples))
    card: dict[str, object] = {
        "what": "linear map from generator activations to class logits",
        "command": f"recede train feature-parser --samples {samples} --seed {seed}",
        "samples": samples,
        "seed": seed,
        "classes": list(fitted.classes),
        "sizes_px": list(fitted.sizes_px),
        "generator_sha256": generator.fingerprint() or generator_sha256(),
        "pixels_fitted": sum(len(label) for label in labels),
        **scores,
    }
    write_asset(out, {"weight": fitted.weight, "bias": fitted.bias}, card)
    return card


def region_probabilities(parser: BiSeNet, sample: Sample) -> torch.Tensor:
    """BiSeNet's probabilities of the feature parser's classes (C,S,S), from the 512 px picture."""
    with torch.no_grad():
        fine = class_logits(parser, sample.picture[None]).softmax(1)
        coarse = F.interpolate(fine, size=(max(FEATURE_SIZES_PX),) * 2, mode="area")[0]
    return torch.stack([coarse[list(members)].sum(0) for members in FEATURE_CLASSES.values()])


def _chosen_pixels(probabilities: torch.Tensor, rng: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Labels (N) and flat indices (N) of as many confident pixels of each class as there are, up to a limit."""
    confidence, label = (values.flatten().cpu() for values in probabilities.max(0))
    labels, indices = [], []
    for index in range(len(probabilities)):
        candidates = torch.nonzero((label == index) & (confidence > CONFIDENT))[:, 0]
        chosen = candidates[torch.randperm(len(candidates), generator=rng)[:PIXELS_PER_CLASS]]
        labels.append(torch.full_like(chosen, index))
        indices.append(chosen)
    return torch.cat(labels), torch.cat(indices)


def _features_at(sample: Sample, indices: torch.Tensor) -> torch.Tensor:
    """Concatenated activations (N,D), bilinearly interpolated at flat pixel indices of the largest size."""
    size = max(FEATURE_SIZES_PX)
    x, y = indices % size, indices // size
    points = ((torch.stack([x, y], 1) + 0.5) * 2 / size - 1).to(sample.picture)[None, None]
    return torch.cat(
        [
            F.grid_sample(sample.features[side][None], points, padding_mode="border", align_corners=False)[0, :, 0]
            for side in FEATURE_SIZES_PX
        ]
    ).T


def _fit(
    features: torch.Tensor, labels: torch.Tensor, rng: torch.Generator, tell: Callable[[float], None]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Weight (C,D) and bias (C) of a softmax regression in which every class counts the same."""
    count, channels = features.shape
    total, square = torch.zeros(2, channels, dtype=torch.float64)
    for part in torch.split(features, BATCH):
        total += part.double().sum(0)
        square += part.double().pow(2).sum(0)
    mean = (total / count).float()
    scale = (square / count - (total / count) ** 2).clamp_min(1e-6).sqrt().float()
    present = torch.bincount(labels, minlength=len(FEATURE_CLASSES)).float()
    balance = count / (present.clamp_min(1) * len(FEATURE_CLASSES))
    weight = torch.zeros(len(FEATURE_CLASSES), channels, requires_grad=True)
    bias = torch.zeros(len(FEATURE_CLASSES), requires_grad=True)
    optimizer = torch.optim.Adam([weight, bias], RATE, weight_decay=WEIGHT_DECAY)
    for epoch in range(EPOCHS):
        for batch in torch.split(torch.randperm(count, generator=rng), BATCH):
            logits = F.linear((features[batch].float() - mean) / scale, weight, bias)
            loss = F.cross_entropy(logits, labels[batch], balance)
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
        for group in optimizer.param_groups:
            group["lr"] *= RATE_DECAY
        tell((epoch + 1) / EPOCHS)
    unscaled = (weight / scale).detach()
    return unscaled, bias.detach() - unscaled @ mean


def _scores(
    fitted: FeatureParser, parser: BiSeNet, faces: Iterator[Sample], tell: Callable[[int], None]
) -> dict[str, object]:
    """Agreement with BiSeNet over all pixels of faces that the fit has not seen."""
    classes = len(fitted.classes)
    confusion = torch.zeros(classes, classes, dtype=torch.int64)  # BiSeNet's class, ours
    sure = agreed = done = 0
    for sample in faces:
        probabilities = region_probabilities(parser, sample)
        confidence, truth = (values.flatten().cpu() for values in probabilities.max(0))
        with torch.no_grad():
            features = {side: values[None] for side, values in sample.features.items()}
            guess = feature_logits(fitted, features)[0].argmax(0).flatten().cpu()
        confusion += torch.bincount(truth * classes + guess, minlength=classes**2).reshape(classes, classes)
        sure += int((confidence > CONFIDENT).sum())
        agreed += int(((confidence > CONFIDENT) & (truth == guess)).sum())
        done += 1
        tell(done)
    both = confusion.diagonal()
    iou = both / (confusion.sum(0) + confusion.sum(1) - both).clamp_min(1)
    return {
        "faces_held_out": done,
        "accuracy": round(float(both.sum() / confusion.sum()), 4),
        "accuracy_where_confident": round(agreed / max(sure, 1), 4),
        "iou": {name: round(float(value), 4) for name, value in zip(fitted.classes, iou, strict=True)},
    }
