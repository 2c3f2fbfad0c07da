"""Read what a pickle says without doing what it says.

Checkpoints are pickles, and a pickle is a program: `pickle.load` calls whatever the file names. Here the file's
opcodes are interpreted as data. Nothing is imported, called or looked up by the names in it: a call becomes a `Call`
that says what would have been called with what, and a name that no checkpoint needs is refused at once. Tensors are
then rebuilt from their bytes by code of our own (engine/generator/storage.py).

Opcodes: https://docs.python.org/3/library/pickletools.html, protocols 0 to 5.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import IO, Any, Protocol, cast

from engine.errors import BadCheckpoint, UnsafeCheckpoint

MAX_OPCODES = 5_000_000
# What the checkpoints of the common trainers name, by the modules' names then and now. None of it is ever called.
KNOWN_NAMES = frozenset(
    {
        "_codecs.encode",
        "argparse.Namespace",
        "builtins.set",
        "collections.OrderedDict",
        "dnnlib.tflib.network.Network",
        "dnnlib.util.EasyDict",
        "numpy.core.multiarray._reconstruct",
        "numpy.core.multiarray.scalar",
        "numpy.dtype",
        "numpy.ndarray",
        "torch.Size",
        "torch._utils._rebuild_parameter",
        "torch._utils._rebuild_tensor",
        "torch._utils._rebuild_tensor_v2",
        "torch.device",
        "torch.nn.parameter.Parameter",
        "torch.storage._load_from_bytes",
        "torch_utils.persistence._reconstruct_persistent_obj",
    }
)
STORAGE_KINDS = frozenset(
    f"torch.{kind}Storage"
    for kind in ("Float", "Half", "BFloat16", "Double", "Long", "Int", "Short", "Char", "Byte", "Bool")
)
DTYPES = frozenset(
    f"torch.{name}"
    for name in ("float32", "float16", "bfloat16", "float64", "int64", "int32", "int16", "int8", "uint8", "bool")
)
SAME_AS = {"__builtin__": "builtins", "numpy._core.multiarray": "numpy.core.multiarray"}


@dataclass(frozen=True)
class Name:
    """A class or function that the file names."""

    name: str


@dataclass(eq=False)
class Call:
    """What the file would have made by calling `name` with `arguments`, and what it would have put into that.

    items: entries set on it, as on a dictionary; values: those appended; state: as given to BUILD.
    """

    name: str
    arguments: tuple[Any, ...]
    state: Any = None
    items: dict[Any, Any] = field(default_factory=dict)
    values: list[Any] = field(default_factory=list)


@dataclass(frozen=True, eq=False)
class Reference:
    """A storage that lies elsewhere in the file: ("storage", type, key, location, element count, ...)."""

    key: Any


class Stream(Protocol):
    """What pickletools reads from: bytes in order, never more than there are."""

    def read(self, size: int, /) -> bytes: ...

    def readline(self) -> bytes: ...

    def tell(self) -> int: ...

    def seek(self, position: int, /) -> object: ...


class _Mark:
    pass


def read_pickle(stream: Stream) -> Any:
    """The object that a pickle describes, out of plain containers, `Call`, `Name` and `Reference`.

    Leaves the stream behind the pickle. Raises BadCheckpoint where it is not a whole pickle, UnsafeCheckpoint where it
    names anything that no checkpoint needs.
    """
    try:
        return _Machine().run(stream)
    except (ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, EOFError) as error:
        raise BadCheckpoint(
            "This checkpoint is truncated or damaged, so nothing was loaded: fetch or copy the file again."
        ) from error


class _Machine:
    """A pickle machine that calls nothing."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}

    def run(self, stream: Stream) -> Any:
        for count, (opcode, argument, _) in enumerate(pickletools.genops(cast(IO[bytes], stream))):
            if count > MAX_OPCODES:
                raise ValueError("too many opcodes")
            if opcode.name == "STOP":
                return self.stack.pop()
            if opcode.name in PUSHED:
                self.stack.append(argument)
            elif opcode.name not in IGNORED:
                handler = HANDLERS.get(opcode.name)
                if handler is None:
                    raise UnsafeCheckpoint(
                        f"This file uses the pickle instruction {opcode.name}, which no checkpoint needs, so nothing "
                        "in it was run: do not open it with anything else either."
                    )
                handler(self, argument)
        raise ValueError("no STOP")

    def pop_mark(self) -> list[Any]:
        """Everything above the topmost mark, which goes too."""
        index = len(self.stack) - 1
        while not isinstance(self.stack[index], _Mark):
            index -= 1
            if index < 0:
                raise IndexError("no mark")
        found = self.stack[index + 1 :]
        del self.stack[index:]
        return found

    def append(self, values: list[Any]) -> None:
        target = self.stack[-1]
        (target.values if isinstance(target, Call) else _checked(target, list)).extend(values)

    def add(self, values: list[Any]) -> None:
        target = self.stack[-1]
        if isinstance(target, Call):
            target.values.extend(values)
        else:
            _checked(target, set).update(map(_key, values))

    def set_items(self, flat: list[Any]) -> None:
        target = self.stack[-1]
        items = target.items if isinstance(target, Call) else _checked(target, dict)
        items.update(_dict_of(flat))

    def call(self, name: Any, arguments: Any) -> None:
        if not isinstance(name, Name) or not isinstance(arguments, tuple):
            raise TypeError("a call of what is not a name")
        self.stack.append(Call(name.name, arguments))

    def build(self, state: Any) -> None:
        target = self.stack[-1]
        if not isinstance(target, Call):
            raise TypeError("state for what has none")
        target.state = state


def _checked(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise TypeError(f"expected a {kind.__name__}")
    return value


def _name(module: str, attribute: str) -> Name:
    name = f"{SAME_AS.get(module, module)}.{attribute}"
    if name not in KNOWN_NAMES and name not in STORAGE_KINDS and name not in DTYPES:
        shown = "".join(letter if letter.isalnum() or letter in "._" else "?" for letter in name)[:80]
        raise UnsafeCheckpoint(
            f"This file asks for {shown}, which no checkpoint needs, so nothing in it was run: if you trust where it "
            "comes from, save its tensors as safetensors and load those.",
            name=shown,
        )
    return Name(name)


def _stack_global(machine: _Machine, _: Any) -> None:
    attribute, module = machine.stack.pop(), machine.stack.pop()
    machine.stack.append(_name(_checked(module, str), _checked(attribute, str)))


def _reduce(machine: _Machine, _: Any) -> None:
    arguments, name = machine.stack.pop(), machine.stack.pop()
    machine.call(name, arguments)


def _set_item(machine: _Machine, _: Any) -> None:
    value, key = machine.stack.pop(), machine.stack.pop()
    machine.set_items([key, value])


def _tuple_of(count: int) -> Callable[[_Machine, Any], None]:
    def take(machine: _Machine, _: Any) -> None:
        if len(machine.stack) < count:
            raise IndexError("too few values")
        values = tuple(machine.stack[len(machine.stack) - count :])
        del machine.stack[len(machine.stack) - count :]
        machine.stack.append(values)

    return take


def _dict_of(flat: list[Any]) -> dict[Any, Any]:
    return {_key(key): value for key, value in zip(flat[::2], flat[1::2], strict=True)}


def _key(value: Any) -> Any:
    # Hashing a tuple goes down into it, as deep as the file likes; no checkpoint has one as a key.
    if isinstance(value, (tuple, frozenset)):
        raise TypeError("a container as a key")
    return value


# Their argument is the value.
PUSHED = frozenset(
    {"INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT"}
    | {"STRING", "BINSTRING", "SHORT_BINSTRING", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8"}
    | {"BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"}
)
IGNORED = frozenset({"PROTO", "FRAME"})
HANDLERS: dict[str, Callable[[_Machine, Any], object]] = {
    "NONE": lambda machine, _: machine.stack.append(None),
    "NEWTRUE": lambda machine, _: machine.stack.append(True),
    "NEWFALSE": lambda machine, _: machine.stack.append(False),
    "MARK": lambda machine, _: machine.stack.append(_Mark()),
    "POP": lambda machine, _: machine.stack.pop(),
    "POP_MARK": lambda machine, _: machine.pop_mark(),
    "DUP": lambda machine, _: machine.stack.append(machine.stack[-1]),
    "EMPTY_TUPLE": lambda machine, _: machine.stack.append(()),
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.pop_mark())),
    "EMPTY_LIST": lambda machine, _: machine.stack.append([]),
    "LIST": lambda machine, _: machine.stack.append(machine.pop_mark()),
    "APPEND": lambda machine, _: machine.append([machine.stack.pop()]),
    "APPENDS": lambda machine, _: machine.append(machine.pop_mark()),
    "EMPTY_SET": lambda machine, _: machine.stack.append(set()),
    "ADDITEMS": lambda machine, _: machine.add(machine.pop_mark()),
    "FROZENSET": lambda machine, _: machine.stack.append(frozenset(map(_key, machine.pop_mark()))),
    "EMPTY_DICT": lambda machine, _: machine.stack.append({}),
    "DICT": lambda machine, _: machine.stack.append(_dict_of(machine.pop_mark())),
    "SETITEM": _set_item,
    "SETITEMS": lambda machine, _: machine.set_items(machine.pop_mark()),
    "PUT": lambda machine, index: machine.memo.__setitem__(index, machine.stack[-1]),
    "BINPUT": lambda machine, index: machine.memo.__setitem__(index, machine.stack[-1]),
    "LONG_BINPUT": lambda machine, index: machine.memo.__setitem__(index, machine.stack[-1]),
    "MEMOIZE": lambda machine, _: machine.memo.__setitem__(len(machine.memo), machine.stack[-1]),
    "GET": lambda machine, index: machine.stack.append(machine.memo[index]),
    "BINGET": lambda machine, index: machine.stack.append(machine.memo[index]),
    "LONG_BINGET": lambda machine, index: machine.stack.append(machine.memo[index]),
    "GLOBAL": lambda machine, name: machine.stack.append(_name(*name.split(" ", 1))),
    "STACK_GLOBAL": _stack_global,
    "REDUCE": _reduce,
    "NEWOBJ": _reduce,
    "BUILD": lambda machine, _: machine.build(machine.stack.pop()),
    "BINPERSID": lambda machine, _: machine.stack.append(Reference(machine.stack.pop())),
}
