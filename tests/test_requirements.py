"""The development set's versions: all that the project asks for is pinned, at a version that it allows."""

from __future__ import annotations

import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def test_every_dependency_is_pinned_at_a_version_that_is_allowed(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text("utf-8"))["project"]
    asked = [Requirement(line) for line in (*project["dependencies"], *project["optional-dependencies"]["dev"])]
    pins = [line for line in (repository / "requirements-dev.txt").read_text("utf-8").splitlines() if line[0] != "#"]
    pinned = {canonicalize_name(name): version for name, _, version in (line.partition("==") for line in pins)}
    for requirement in asked:
        name = canonicalize_name(requirement.name)
        if name == "torch":  # scripts/setup names its version: builds for CPUs and GPUs differ
            continue
        assert name in pinned, f"{name} is not in requirements-dev.txt"
        assert requirement.specifier.contains(pinned[name]), f"{requirement} does not allow {pinned[name]}"
