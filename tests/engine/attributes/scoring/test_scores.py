"""Scores of schematic faces, whose truth is painted, and of generated ones."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from engine.attributes.scoring import NAMES, Observations, load_scorer, observe, score_pictures, scores_of
from engine.models.load import Parts
from engine.parsing import FaceClass

SIDE = 256
SKIN, DARK, WALL = (210, 165, 140), (45, 32, 25), (120, 140, 160)


def landmarks() -> NDArray[np.float32]:
    """68 points of a frontal face 110 px wide about (128, 150)."""
    points = np.zeros((68, 2), np.float32)
    angle = np.linspace(np.pi, 0, 17)
    points[:17] = np.stack([128 + 55 * np.cos(angle), 130 + 85 * np.sin(angle)], 1)
    points[17:22] = np.stack([np.linspace(88, 118, 5), np.full(5, 118)], 1)
    points[22:27] = np.stack([np.linspace(138, 168, 5), np.full(5, 118)], 1)
    points[27:31] = np.stack([np.full(4, 128), np.linspace(128, 155, 4)], 1)
    points[31:36] = np.stack([np.linspace(117, 139, 5), np.full(5, 162)], 1)
    for first, x in ((36, 103), (42, 153)):
        turn = np.linspace(np.pi, -np.pi, 7)[:6]
        points[first : first + 6] = np.stack([x + 10 * np.cos(turn), 132 - 4 * np.sin(turn)], 1)
    turn = np.linspace(np.pi, -np.pi, 13)[:12]
    points[48:60] = np.stack([128 + 22 * np.cos(turn), 182 - 7 * np.sin(turn)], 1)
    turn = np.linspace(np.pi, -np.pi, 9)[:8]
    points[60:68] = np.stack([128 + 16 * np.cos(turn), 182 - 2 * np.sin(turn)], 1)
    return points


def head(
    hair: tuple[int, int, int] | None = DARK, fringe: int = 88, beard: bool = False, hat: bool = False, curl: float = 0
) -> tuple[NDArray[np.uint8], Observations]:
    """A painted head: hair from the top down to row `fringe`, or none; a beard; strands that turn by `curl` radians."""
    rng = np.random.default_rng(0)
    picture = np.full((SIDE, SIDE, 3), WALL, np.uint8)
    labels = np.zeros((SIDE, SIDE), np.uint8)

    def ellipse(center: tuple[int, int], axes: tuple[int, int]) -> NDArray[np.bool_]:
        mask = np.zeros((SIDE, SIDE), np.uint8)
        cv2.ellipse(mask, center, axes, 0, 0, 360, (1,), -1)
        return mask > 0

    skull = ellipse((128, 135), (57, 88))
    picture[skull], labels[skull] = SKIN, FaceClass.SKIN
    rows, columns = np.mgrid[:SIDE, :SIDE]
    if hair is not None:
        top = ellipse((128, 125), (66, 88)) & (rows < fringe)
        wave = np.sin(columns * 1.1 + curl * 6 * np.sin(rows / 5)) * 12
        strands = np.clip(np.array(hair) + (wave + rng.normal(0, 1, wave.shape))[..., None], 0, 255).astype(np.uint8)
        picture[top], labels[top] = strands[top], FaceClass.HAT if hat else FaceClass.HAIR
    if beard:
        jaw = skull & (rows > 165)
        picture[jaw] = np.clip(np.array(DARK) + rng.normal(0, 14, (int(jaw.sum()), 1)), 0, 255).astype(np.uint8)
    mouth = ellipse((128, 182), (21, 6))
    picture[mouth], labels[mouth] = (170, 70, 70), FaceClass.UPPER_LIP
    seen = Observations(labels[None], landmarks()[None], np.array([40], np.float32), np.array([1], np.float32))
    return picture, seen


def scores(picture: NDArray[np.uint8], seen: Observations) -> dict[str, float]:
    return dict(zip(NAMES, scores_of(picture[None], seen)[0].tolist(), strict=True))


def test_a_head_without_hair_is_bald_and_one_with_hair_is_not() -> None:
    bare, full = scores(*head(None)), scores(*head(DARK))
    assert bare["bald"] > 0.95
    assert full["bald"] < 0.1
    assert np.isnan(bare["gray"])
    assert np.isnan(bare["wavy"])


def test_the_higher_the_hair_begins_the_further_it_recedes_and_the_less_is_bangs() -> None:
    low, middle, high = (scores(*head(DARK, fringe)) for fringe in (110, 85, 65))
    assert low["receding_hairline"] < middle["receding_hairline"] < high["receding_hairline"]
    assert low["bangs"] > 0.6
    assert high["bangs"] < 0.05


def test_each_colour_scores_highest_on_its_own_hair() -> None:
    painted = {"black": (22, 20, 22), "brown": (92, 60, 42), "blond": (214, 178, 116), "gray": (165, 165, 168)}
    table = {name: scores(*head(rgb)) for name, rgb in painted.items()}
    for name in painted:
        assert max(table, key=lambda other: table[other][name]) == name


def test_strands_that_turn_are_wavy_and_those_that_do_not_are_straight() -> None:
    straight, wavy = scores(*head((90, 70, 50), 90)), scores(*head((90, 70, 50), 90, curl=1.0))
    assert wavy["wavy"] > straight["wavy"] + 0.1
    assert straight["straight"] > wavy["straight"] + 0.1


def test_a_dark_rough_chin_is_a_beard() -> None:
    shaved, bearded = scores(*head()), scores(*head(beard=True))
    for name in ("beard", "mustache"):
        assert bearded[name] > shaved[name] + 5


def test_under_a_hat_nothing_is_known_of_the_hair_but_all_of_the_face() -> None:
    told = scores(*head(hat=True))
    assert told["hat"] > 0.05
    assert all(np.isnan(told[name]) for name in ("bald", "bangs", "gray", "straight"))
    assert not np.isnan(told["smile"])


def test_a_frontal_face_has_no_yaw_and_a_turned_one_has() -> None:
    picture, seen = head()
    turned = seen.landmarks.copy()
    turned[0, 27:36, 0] += 15
    assert abs(scores(picture, seen)["yaw"]) < 0.01
    other = Observations(seen.labels, turned, seen.ages, seen.genders)
    assert scores(picture, other)["yaw"] > 0.1


@pytest.mark.slow
def test_generated_faces_are_scored_the_same_alone_and_in_a_batch(parts: Parts, pictures: object) -> None:
    import torch

    assert isinstance(pictures, torch.Tensor)
    small = torch.nn.functional.avg_pool2d(pictures, 2)
    batch = ((small + 1) * 127.5).round().byte().permute(0, 2, 3, 1).numpy()
    scorer = load_scorer(parts.parser, parts.face_tools)
    both = score_pictures(scorer, batch)
    alone = score_pictures(scorer, batch[:1])
    # Batches of another size round otherwise: pixels on an edge change their class.
    np.testing.assert_allclose(both[0], alone[0], rtol=0.05, atol=0.05)
    seen = observe(scorer, batch)
    assert (seen.labels == FaceClass.HAIR).mean() > 0.02
    assert 0 < seen.ages.min() <= seen.ages.max() < 90


@pytest.mark.parametrize("count", [0, 1])
def test_no_pictures_have_no_scores(count: int) -> None:
    picture, seen = head()
    part = Observations(seen.labels[:count], seen.landmarks[:count], seen.ages[:count], seen.genders[:count])
    assert scores_of(np.stack([picture])[:count], part).shape == (count, len(NAMES))
