"""The full-size generator against the published equations."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch.nn import functional as F

from engine.errors import WrongGenerator
from engine.generator.layout import CONFIG_F, Layout
from engine.generator.stylegan2 import StyleGAN2Generator, load_stylegan2
from tests.support import reference_stylegan2 as reference
from tests.support.checkpoint_files import (
    SMALL,
    as_numpy,
    random_tensors,
    write_pkl,
    write_pt,
    write_safetensors,
)

CPU = torch.device("cpu")
MAX_ERROR = 1e-4


@pytest.fixture(scope="module")
def tensors() -> dict[str, torch.Tensor]:
    return random_tensors()


@pytest.fixture(scope="module")
def small(tensors: dict[str, torch.Tensor], tmp_path_factory: pytest.TempPathFactory) -> StyleGAN2Generator:
    """A generator of 32 px with eight W+ layers, out of a file."""
    path = write_safetensors(tmp_path_factory.mktemp("checkpoint") / "small.safetensors", tensors)
    return load(path)


@pytest.fixture(scope="module")
def w_plus() -> torch.Tensor:
    """Two pictures' latents (2,8,16), another for every layer."""
    return torch.randn(2, SMALL.w_layers, SMALL.latent_size, generator=torch.Generator().manual_seed(3))


def load(path: Path) -> StyleGAN2Generator:
    return load_stylegan2(path, CPU, size_px=None, latent_size=None)


def expected(tensors: dict[str, torch.Tensor], w_plus: torch.Tensor, clamp: float | None = None) -> NDArray[np.float64]:
    return np.stack([reference.synthesis(as_numpy(tensors), w.double().numpy(), clamp)[0] for w in w_plus])


def error(ours: torch.Tensor, theirs: NDArray[np.float64]) -> float:
    """Largest difference as a share of the largest value."""
    assert ours.shape == theirs.shape
    return float(np.abs(ours.double().numpy() - theirs).max() / np.abs(theirs).max())


FORMATS: dict[str, Callable[[Path, dict[str, torch.Tensor]], Path]] = {
    "pkl of stylegan2-ada": lambda path, tensors: write_pkl(path / "a.pkl", tensors),
    "pkl, protocol 3": lambda path, tensors: write_pkl(path / "a.pkl", tensors, protocol=3),
    "pt, zipped": lambda path, tensors: write_pt(path / "a.pt", tensors),
    "pt, before torch 1.6": lambda path, tensors: write_pt(path / "a.pt", tensors, zipped=False),
    "safetensors": lambda path, tensors: write_safetensors(path / "a.safetensors", tensors),
    "safetensors, community names": lambda path, tensors: write_safetensors(
        path / "a.safetensors", tensors, community=True
    ),
}


@pytest.mark.parametrize("kind", FORMATS)
def test_every_format_draws_what_the_published_equations_say(
    kind: str, tensors: dict[str, torch.Tensor], w_plus: torch.Tensor, tmp_path: Path
) -> None:
    generator = load(FORMATS[kind](tmp_path, tensors))
    z = torch.randn(2, SMALL.latent_size, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        synthesis = generator(w_plus[:1])
        w = generator.mapping(z)
    picture, features = reference.synthesis(as_numpy(tensors), w_plus[0].double().numpy())
    assert error(synthesis.picture, picture[None]) < MAX_ERROR
    assert list(synthesis.features) == list(features) == [4, 8, 16, 32]
    for side, values in features.items():
        assert error(synthesis.features[side], values[None]) < MAX_ERROR
    mapped = np.stack([reference.mapping(as_numpy(tensors), row.double().numpy()) for row in z])
    assert error(w, mapped) < MAX_ERROR
    assert (generator.w_layers, generator.full_size_px) == (8, 32)


def test_a_batch_is_drawn_like_its_pictures_one_by_one(
    small: StyleGAN2Generator, tensors: dict[str, torch.Tensor], w_plus: torch.Tensor
) -> None:
    with torch.no_grad():
        both = small(w_plus).picture
    assert error(both, expected(tensors, w_plus)) < MAX_ERROR


def test_one_latent_for_all_layers_is_the_same_as_it_repeated(small: StyleGAN2Generator, w_plus: torch.Tensor) -> None:
    with torch.no_grad():
        torch.testing.assert_close(
            small(w_plus[:, 0]).picture, small(w_plus[:, :1].expand(-1, SMALL.w_layers, -1)).picture
        )


def test_half_the_size_is_the_area_average_of_the_whole(small: StyleGAN2Generator, w_plus: torch.Tensor) -> None:
    with torch.no_grad():
        whole, half = small(w_plus).picture, small(w_plus, 16).picture
    torch.testing.assert_close(half, F.avg_pool2d(whole, 2))


def test_stopping_early_gives_the_same_features_and_no_picture(small: StyleGAN2Generator, w_plus: torch.Tensor) -> None:
    with torch.no_grad():
        whole, early = small(w_plus), small(w_plus, 8)
    assert early.image is None
    assert list(early.features) == [4, 8]
    for side, values in early.features.items():
        torch.testing.assert_close(values, whole.features[side])


def test_each_layer_drives_its_own_size(small: StyleGAN2Generator, w_plus: torch.Tensor) -> None:
    """Layer 4 is the second convolution at 16 px, layer 7 the last colour layer."""
    changed, last = w_plus.clone(), w_plus.clone()
    changed[:, 4] += 1
    last[:, 7] += 1
    with torch.no_grad():
        before, after, recoloured = small(w_plus), small(changed), small(last)
    assert all(torch.equal(before.features[side], after.features[side]) for side in (4, 8))
    assert not torch.allclose(before.features[16], after.features[16])
    assert all(torch.equal(before.features[side], recoloured.features[side]) for side in before.features)
    assert not torch.allclose(before.picture, recoloured.picture)


def test_layers_are_clamped_as_the_file_says(
    tensors: dict[str, torch.Tensor], w_plus: torch.Tensor, tmp_path: Path
) -> None:
    generator = load(write_pkl(tmp_path / "clamped.pkl", tensors, conv_clamp=1.5))
    with torch.no_grad():
        drawn = generator(w_plus).picture
    assert error(drawn, expected(tensors, w_plus, 1.5)) < MAX_ERROR
    assert error(drawn, expected(tensors, w_plus)) > 0.01


def test_the_mapping_rate_is_the_files(tensors: dict[str, torch.Tensor], tmp_path: Path) -> None:
    generator = load(write_pkl(tmp_path / "a.pkl", tensors, lr_multiplier=0.02))
    z = torch.ones(1, SMALL.latent_size)
    with torch.no_grad():
        w = generator.mapping(z)
    assert error(w, reference.mapping(as_numpy(tensors), np.ones(SMALL.latent_size), 0.02)[None]) < MAX_ERROR


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float16, 0.01), (torch.bfloat16, 0.08)])
@pytest.mark.parametrize("count", [1, 2])
def test_half_precision_draws_nearly_the_same_and_does_not_overflow(
    small: StyleGAN2Generator, w_plus: torch.Tensor, dtype: torch.dtype, tolerance: float, count: int
) -> None:
    """Weights and styles far beyond what float16 holds: demodulation undoes both, if they are scaled down before."""
    large = copy.deepcopy(small)
    for block in large.blocks:
        for name, parameter in block.named_parameters():
            if name in ("conv0.weight", "conv1.weight") or name.startswith(("conv0.affine", "conv1.affine")):
                parameter.mul_(3000)
    with torch.no_grad():
        exact = large(w_plus[:count])
        large.use_half(dtype)
        rounded = large(w_plus[:count])
    assert rounded.features[32].dtype == rounded.features[8].dtype == dtype
    assert rounded.features[4].dtype == torch.float32
    assert rounded.picture.dtype == torch.float32
    assert 0 < error(rounded.picture, exact.picture.double().numpy()) < tolerance


def test_half_precision_is_for_the_four_largest_sizes() -> None:
    generator = StyleGAN2Generator(Layout({4 << level: 2 for level in range(6)}, 8, 1))
    generator.use_half(torch.bfloat16)
    with torch.no_grad():
        features = generator(torch.randn(1, 8)).features
    assert {side for side, values in features.items() if values.dtype == torch.bfloat16} == {16, 32, 64, 128}
    generator.use_half(None)
    with torch.no_grad():
        assert generator(torch.randn(1, 8)).features[128].dtype == torch.float32
    with pytest.raises(ValueError, match="half precision"):
        generator.use_half(torch.float64)


def test_channels_last_draws_the_same(small: StyleGAN2Generator, w_plus: torch.Tensor) -> None:
    other = copy.deepcopy(small)
    other.use_channels_last()
    with torch.no_grad():
        drawn = other(w_plus)
        torch.testing.assert_close(drawn.picture, small(w_plus).picture, atol=1e-4, rtol=1e-4)
    assert drawn.features[32].is_contiguous(memory_format=torch.channels_last)


def test_gradients_are_those_of_the_equations(
    tensors: dict[str, torch.Tensor], small: StyleGAN2Generator, w_plus: torch.Tensor
) -> None:
    """The derivative along one direction in latent space, against the reference's central difference."""
    latent = w_plus[:1].clone().requires_grad_()
    direction = torch.randn(latent.shape, generator=torch.Generator().manual_seed(8))
    small(latent).picture.pow(2).mean().backward()
    assert latent.grad is not None
    step = 1e-5
    ahead, behind = (
        np.square(expected(tensors, (w_plus[:1] + sign * step * direction).double())).mean() for sign in (1, -1)
    )
    slope = (ahead - behind) / (2 * step)
    assert float((latent.grad * direction).sum()) == pytest.approx(slope, rel=0.02)
    assert all(parameter.grad is None for parameter in small.parameters())


def test_gradients_stay_when_activations_are_recomputed(small: StyleGAN2Generator, w_plus: torch.Tensor) -> None:
    def gradient(generator: StyleGAN2Generator) -> torch.Tensor:
        latent = w_plus.clone().requires_grad_()
        generator(latent, 16).picture.pow(2).mean().backward()
        assert latent.grad is not None
        return latent.grad

    sparing = copy.deepcopy(small)
    sparing.recompute = True
    torch.testing.assert_close(gradient(sparing), gradient(small))


def test_what_may_be_tuned_are_kernels_and_biases_but_no_style(small: StyleGAN2Generator) -> None:
    tunable = {id(parameter) for parameter in small.tunable_parameters()}
    names = {name for name, parameter in small.named_parameters() if id(parameter) in tunable}
    assert len(names) == len(tunable) == 2 * (7 + 4)
    assert not [name for name in names if "affine" in name or "mapping" in name or "noise" in name]
    assert not any(parameter.requires_grad for parameter in small.parameters())


def test_a_checkpoint_of_another_size_is_refused_with_its_size(
    tensors: dict[str, torch.Tensor], tmp_path: Path
) -> None:
    path = write_safetensors(tmp_path / "small.safetensors", tensors)
    with pytest.raises(WrongGenerator, match="32 px and the engine needs 1024") as raised:
        load_stylegan2(path, CPU)
    assert raised.value.details == {"size_px": 32}
    with pytest.raises(WrongGenerator, match="latents of 16"):
        load_stylegan2(path, CPU, size_px=32)


def test_the_fingerprint_is_the_networks_and_not_the_files(tensors: dict[str, torch.Tensor], tmp_path: Path) -> None:
    prints = {load(write(tmp_path, tensors)).fingerprint() for write in FORMATS.values()}
    assert len(prints) == 1
    other = random_tensors(seed=1)
    assert load(write_safetensors(tmp_path / "b.safetensors", other)).fingerprint() not in prints


def test_the_published_size_has_eighteen_w_layers_and_as_many_parameters_as_published() -> None:
    """30,370,060 is what StyleGAN2's own log prints for its generator at 1024 px, config-f."""
    with torch.device("meta"):
        generator = StyleGAN2Generator(CONFIG_F)
    assert generator.w_layers == 18
    assert sum(parameter.numel() for parameter in generator.parameters()) == 30_370_060


def test_gradients_are_the_same_whether_kernels_have_some_too_or_not(
    small: StyleGAN2Generator, w_plus: torch.Tensor
) -> None:
    """Two ways to compute the same: kernels are scaled where they are tuned, activations where they are not."""

    def gradient(generator: StyleGAN2Generator) -> torch.Tensor:
        latent = w_plus[:1].clone().requires_grad_()
        generator(latent).picture.pow(2).mean().backward()
        assert latent.grad is not None
        return latent.grad

    thawed = copy.deepcopy(small)
    for parameter in thawed.tunable_parameters():
        parameter.requires_grad_(True)
    torch.testing.assert_close(gradient(thawed), gradient(small), atol=1e-5, rtol=1e-3)
    assert all(parameter.grad is not None for parameter in thawed.tunable_parameters())
