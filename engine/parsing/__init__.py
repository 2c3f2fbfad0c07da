"""Which pixel is what: class masks of real crops (BiSeNet) and of generated pictures (the feature parser)."""

from engine.parsing.bisenet import BiSeNet, load_bisenet
from engine.parsing.classes import FaceClass
from engine.parsing.parse import class_logits, normalise, parse

__all__ = ["BiSeNet", "FaceClass", "class_logits", "load_bisenet", "normalise", "parse"]
