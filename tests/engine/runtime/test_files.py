"""Files that are there as a whole or not at all."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from engine.errors import BadOption, DiskFull
from engine.runtime.files import check_file, check_folder, write_files


def test_all_files_are_written_and_nothing_else(tmp_path: Path) -> None:
    first, second = tmp_path / "a.gif", tmp_path / "b.png"
    first.write_bytes(b"old")
    write_files({first: b"one", second: b"two"})
    assert (first.read_bytes(), second.read_bytes()) == (b"one", b"two")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.gif", "b.png"]


def test_a_failure_in_the_second_file_leaves_both_as_they_were(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = tmp_path / "a.gif", tmp_path / "b.png"
    first.write_bytes(b"old")
    write_bytes = Path.write_bytes

    def full_disk(path: Path, data: bytes) -> int:
        if "b.png" in path.name:
            write_bytes(path, data[:1])
            raise OSError(28, "No space left on device")
        return write_bytes(path, data)

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(DiskFull, match="full: make room"):
        write_files({first: b"one", second: b"two"})
    assert first.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["a.gif"]


def test_what_the_system_does_not_let_be_written_is_named_with_its_reason(tmp_path: Path) -> None:
    with pytest.raises(BadOption, match="cannot be written .File name too long"):
        write_files({tmp_path / ("a" * 300): b"one"})
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_process_leaves_the_old_file_and_no_part_of_the_new_one(
    tmp_path: Path, repository: Path
) -> None:
    """SIGINT while a real child process writes, at several moments."""
    target = tmp_path / "animation.gif"
    program = (
        "import sys; from pathlib import Path; from engine.runtime.files import write_files\n"
        "target, kinds = Path(sys.argv[1]), [bytes([kind]) * 30_000_000 for kind in (65, 66)]\n"
        "print('ready', flush=True)\n"
        "while True:\n"
        "    for kind in kinds: write_files({target: kind})\n"
    )
    for wait_s in (0.05, 0.12, 0.21, 0.34):
        child = subprocess.Popen(
            [sys.executable, "-c", program, str(target)],
            cwd=repository,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            # A suite that runs in the background ignores SIGINT, and its children would inherit that.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(wait_s)
        child.send_signal(signal.SIGINT)
        assert child.wait(timeout=30) != 0
        child.stdout.close()
        assert [path.name for path in tmp_path.iterdir()] in ([], [target.name])
        if target.exists():
            data = target.read_bytes()
            assert data in (b"A" * 30_000_000, b"B" * 30_000_000)


def test_new_files_have_the_permissions_that_any_program_would_give_them(tmp_path: Path) -> None:
    plain, written = tmp_path / "plain", tmp_path / "written"
    plain.write_bytes(b"")
    write_files({written: b""})
    assert written.stat().st_mode == plain.stat().st_mode


def test_a_place_that_cannot_be_written_is_refused_before_any_work(tmp_path: Path) -> None:
    check_folder(tmp_path / "fine.gif")
    with pytest.raises(BadOption, match="does not exist"):
        check_folder(tmp_path / "nowhere" / "a.gif")
    with pytest.raises(BadOption, match="is a folder"):
        check_folder(tmp_path)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_without_permission_is_refused_before_any_work(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(BadOption, match="cannot be written"):
        check_folder(tmp_path / "a.gif")


def test_a_file_of_another_format_is_refused_and_told_the_ending(tmp_path: Path) -> None:
    check_file(tmp_path / "a.png", ".png")
    with pytest.raises(BadOption, match="a.gif' does not end with .png: give it that ending"):
        check_file(tmp_path / "a.gif", ".png")
    with pytest.raises(BadOption, match="does not end with .png, the sheet's format: give it that ending"):
        check_file(tmp_path / "a", ".png", "the sheet's format")
    with pytest.raises(BadOption, match="does not exist"):
        check_file(tmp_path / "none" / "a.png", ".png")
