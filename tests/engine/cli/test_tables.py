"""``recede bench table``."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from engine import cli

MARKED = "# Numbers\n<!-- recede bench table: quality.json -->\n<!-- end of table -->\n"


@pytest.fixture
def figures(repository: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(repository / "docs/bench/quality.json", tmp_path))


def test_a_table_is_printed(figures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench", "table", str(figures)]) == 0
    assert capsys.readouterr().out.startswith("| 8 photos")


def test_documents_are_updated_and_named_once(
    figures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    marked, other = tmp_path / "marked.md", tmp_path / "other.md"
    marked.write_text(MARKED)
    other.write_text("# Nothing measured\n")
    command = ["bench", "table", str(figures), "--into", str(marked), str(other)]
    assert cli.main(command) == 0
    assert capsys.readouterr().out == f"{marked}\n"
    assert "| 8 photos" in marked.read_text()
    assert other.read_text() == "# Nothing measured\n"
    assert cli.main(command) == 0
    assert capsys.readouterr().out == ""


def test_figures_that_no_document_asks_for_are_told(
    figures: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "other.md"
    other.write_text("# Nothing measured\n")
    assert cli.main(["bench", "table", str(figures), "--into", str(other)]) == 2
    assert "asks for quality.json" in capsys.readouterr().err


@pytest.mark.parametrize(("content", "told"), [("{", "no JSON"), ("[]", "no figures"), (None, "cannot be read")])
def test_a_file_without_figures_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], content: str | None, told: str
) -> None:
    path = tmp_path / "figures.json"
    if content is not None:
        path.write_text(content)
    assert cli.main(["bench", "table", str(path)]) == 2
    assert told in capsys.readouterr().err
