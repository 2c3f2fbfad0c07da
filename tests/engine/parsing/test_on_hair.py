"""The two heads that tell things on the hair."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from engine.face.alignment import crop_face
from engine.face.faces import choose_faces, find_faces
from engine.models.assets import ASSETS
from engine.models.load import Parts
from engine.parsing import load_hair_watch, on_hair, on_hair_close, seen_both_ways
from engine.parsing.parse import parse_with_features


def test_the_head_for_the_closer_look_is_another_than_the_one_for_the_whole() -> None:
    watch = load_hair_watch(ASSETS, torch.device("cpu"))
    assert not torch.equal(watch.whole.out.weight, watch.close.out.weight)


def test_what_is_seen_both_ways_does_not_hang_on_which_way_round_a_photo_is(
    parts: Parts, astronaut: NDArray[np.uint8]
) -> None:
    (face,) = choose_faces(find_faces(parts.face_tools, astronaut), "largest")
    crop = crop_face(astronaut, face.quad)
    # A bow, which is seen, left of the middle.
    cv2.circle(crop, (420, 110), 45, (200, 30, 60), -1)
    watch = load_hair_watch(ASSETS, torch.device("cpu"))

    def seen(picture: NDArray[np.uint8]) -> tuple[NDArray[np.float32], ...]:
        features = parse_with_features(parts.parser, picture, mirrored=False)[1]
        close = on_hair_close(watch, parts.parser, picture)
        wide, (plane, _, _) = seen_both_ways(watch, parts.parser, picture, features, close)
        return on_hair(watch.whole, features)[0].numpy(), close[0], wide[0].numpy(), plane

    as_it_is, turned = seen(crop), seen(np.ascontiguousarray(crop[:, ::-1]))
    wide, close, wide_both, close_both = (
        np.abs(one - other[:, ::-1]) for one, other in zip(as_it_is, turned, strict=True)
    )
    assert wide_both.mean() < 0.3 * wide.mean()
    assert close_both.mean() < 0.3 * close.mean()
    assert as_it_is[2].max() > 0
