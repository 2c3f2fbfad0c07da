"""A build backend that builds nothing: it hands pip the metadata that a source distribution already contains.

Before `pip download` saves a source distribution it wants the distribution's metadata, and gets them by running its
setup.py inside a build environment made for it. Only the archive is wanted here, so this file is laid in setuptools'
place for that one call: a name and a version are read from PKG-INFO, and no foreign code runs.

Standard library only: pip starts it in a process of its own.
"""

from __future__ import annotations

from email.parser import HeaderParser
from pathlib import Path


class __legacy__:  # noqa: N801  the attribute's name is fixed: the default backend is setuptools.build_meta:__legacy__
    """The two hooks of PEP 517 that come before a build."""

    @staticmethod
    def get_requires_for_build_wheel(config_settings: object = None) -> list[str]:
        """Nothing is needed to build nothing."""
        return []

    @staticmethod
    def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: object = None) -> str:
        """Write METADATA out of the PKG-INFO in the current folder; the folder's name is the answer."""
        declared = HeaderParser().parsestr(Path("PKG-INFO").read_text(encoding="utf-8"))
        name, version = declared["Name"], declared["Version"]
        folder = Path(metadata_directory, f"{name.replace('-', '_')}-{version}.dist-info")
        folder.mkdir()
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        folder.joinpath("METADATA").write_text(metadata, encoding="utf-8")
        return folder.name
