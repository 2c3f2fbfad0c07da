"""Which pixel is what: class masks of real crops (BiSeNet) and of generated pictures (the feature parser)."""

from engine.parsing.bisenet import BiSeNet, load_bisenet
from engine.parsing.classes import FaceClass
from engine.parsing.faces import blurred, check_seen, parse_face, parse_face_with_features
from engine.parsing.feature_parser import FeatureParser, feature_logits, load_feature_parser
from engine.parsing.on_hair import HairWatch, load_hair_watch, load_on_hair, on_hair, on_hair_close, seen_both_ways
from engine.parsing.parse import as_tensor, class_logits, normalise, parse

__all__ = [
    "BiSeNet",
    "FaceClass",
    "FeatureParser",
    "HairWatch",
    "as_tensor",
    "blurred",
    "check_seen",
    "class_logits",
    "feature_logits",
    "load_bisenet",
    "load_feature_parser",
    "load_hair_watch",
    "load_on_hair",
    "normalise",
    "on_hair",
    "on_hair_close",
    "parse",
    "parse_face",
    "parse_face_with_features",
    "seen_both_ways",
]
