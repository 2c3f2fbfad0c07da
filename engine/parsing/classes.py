"""The 19 classes of CelebAMask-HQ (Lee et al., 2020) in BiSeNet's order."""

from __future__ import annotations

from enum import IntEnum


class FaceClass(IntEnum):
    """Left and right are the pictured person's as the data set names them; mirrored pairs stand side by side."""

    BACKGROUND = 0
    SKIN = 1
    LEFT_BROW = 2
    RIGHT_BROW = 3
    LEFT_EYE = 4
    RIGHT_EYE = 5
    GLASSES = 6
    LEFT_EAR = 7
    RIGHT_EAR = 8
    EARRING = 9
    NOSE = 10
    MOUTH = 11
    UPPER_LIP = 12
    LOWER_LIP = 13
    NECK = 14
    NECKLACE = 15
    CLOTH = 16
    HAIR = 17
    HAT = 18


MIRRORED_PAIRS = (
    (FaceClass.LEFT_BROW, FaceClass.RIGHT_BROW),
    (FaceClass.LEFT_EYE, FaceClass.RIGHT_EYE),
    (FaceClass.LEFT_EAR, FaceClass.RIGHT_EAR),
)


LIPS = (FaceClass.MOUTH, FaceClass.UPPER_LIP, FaceClass.LOWER_LIP)

# What is drawn on the skin above and around the eyes, and the mouth: no edit of hair replaces it.
FEATURES = (
    FaceClass.LEFT_BROW,
    FaceClass.RIGHT_BROW,
    FaceClass.LEFT_EYE,
    FaceClass.RIGHT_EYE,
    FaceClass.GLASSES,
    FaceClass.NOSE,
    *LIPS,
)

HAIR_CLASSES = (FaceClass.HAIR, FaceClass.HAT)
