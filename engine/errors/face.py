"""What is seen in a photo, or not."""

from __future__ import annotations

from engine.errors.base import RecedeError


class FaceError(RecedeError):
    """The picture is fine, but what it shows cannot be edited."""

    code = "face"


class NoFace(FaceError):
    """No face was found."""

    code = "no_face"


class NoSuchFace(FaceError):
    """Face N was asked for and there are fewer."""

    code = "no_such_face"


class FaceTooSmall(FaceError):
    """The face has too few pixels."""

    code = "face_too_small"


class FaceBlurred(FaceError):
    """A face is there, but the parser sees none in it: too blurred, too small or too dark."""

    code = "face_blurred"


class DrawnFace(FaceError):
    """The face was drawn: a cartoon, anime, a line drawing."""

    code = "drawn_face"


class FaceCut(FaceError):
    """Too much of the head lies outside the picture."""

    code = "face_cut"


class HatInTheWay(FaceError):
    """A hat covers the hair, or something else lies on it."""

    code = "hat_in_the_way"


class TooYoung(FaceError):
    """The face is a child's."""

    code = "too_young"


class NoHairLeft(FaceError):
    """There is no hair left to lose."""

    code = "no_hair_left"


class NothingToEdit(FaceError):
    """What an edit would change is not there."""

    code = "nothing_to_edit"
