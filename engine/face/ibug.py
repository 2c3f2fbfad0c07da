"""Which of the 68 landmarks lie where: the markup of iBUG 300-W, left and right as a viewer sees them."""

JAW = slice(0, 17)
JAW_LEFT, CHIN, JAW_RIGHT = 0, 8, 16
BROWS, LEFT_BROW, RIGHT_BROW = slice(17, 27), slice(17, 22), slice(22, 27)
# From between the eyes down the nose's ridge to its tip; below that the septum, between the nostrils.
NOSE_ROOT, UPPER_RIDGE, LOWER_RIDGE, NOSE_TIP = 27, 28, 29, 30
NOSTRILS, LEFT_NOSTRIL, SEPTUM, RIGHT_NOSTRIL = slice(31, 36), 31, 33, 35
LEFT_EYE, LEFT_EYE_OUTER, LEFT_EYE_INNER = slice(36, 42), 36, 39
RIGHT_EYE, RIGHT_EYE_INNER, RIGHT_EYE_OUTER = slice(42, 48), 42, 45
# The mouth's outline, of which the upper lip's goes from corner to corner; and where the lips meet, in the middle.
MOUTH, UPPER_LIP, MOUTH_LEFT, MOUTH_RIGHT = slice(48, 60), slice(48, 55), 48, 54
UPPER_LIP_TOP, LOWER_LIP_BOTTOM, UPPER_LIP_EDGE, LOWER_LIP_EDGE = 51, 57, 62, 66
