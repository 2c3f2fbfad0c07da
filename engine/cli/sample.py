"""An invented face, for those who have no photo at hand."""

from __future__ import annotations

from itertools import count

import numpy as np
import torch
from numpy.typing import NDArray

from engine.attributes.boundaries import BOUNDARIES_ASSET, load_boundaries
from engine.errors import FaceError
from engine.face.faces import find_faces
from engine.generator import LATENT_SIZE
from engine.generator.picture import to_uint8
from engine.models.load import Parts
from engine.parsing import FaceClass, parse

TRUNCATION = 0.7
# An invented face has hair on at least this share of the picture, and a hat on no more than that.
MIN_HAIR_SHARE, MAX_HAT_SHARE = 0.10, 0.005


def sample_photo(parts: Parts, seed: int) -> NDArray[np.uint8]:
    """An invented face (1024,1024,3 uint8) with hair to lose, for those who have no photo at hand.

    A grown-up's, where the generator's W space has the boundaries that tell. Raises WeightsError for damaged ones.
    """
    rng = torch.Generator().manual_seed(seed)
    path = parts.assets.found(BOUNDARIES_ASSET.name)
    boundaries = None if path is None else load_boundaries(path, parts.generator.w_space)
    for _ in count():
        z = torch.randn(1, LATENT_SIZE, generator=rng).to(parts.device)
        with torch.no_grad():
            latent = parts.statistics.mean + TRUNCATION * (parts.generator.mapping(z) - parts.statistics.mean)
            if boundaries is not None and float(boundaries.distance("age", latent.cpu())) < 0:
                continue
            picture = to_uint8(parts.generator(latent).picture)
        probabilities = parse(parts.parser, picture, mirrored=False)
        hair = float((probabilities[FaceClass.HAIR] > 0.5).mean())
        hat = float((probabilities[FaceClass.HAT] > 0.5).mean())
        try:
            faces = find_faces(parts.face_tools, picture)
        except FaceError:
            continue
        if len(faces) == 1 and hair > MIN_HAIR_SHARE and hat < MAX_HAT_SHARE:
            return picture
    raise AssertionError("the loop above never ends without a face")
