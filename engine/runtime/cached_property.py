"""A property that is told once, without keeping others waiting."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import Any, Generic, TypeVar, overload

Value = TypeVar("Value")


class cached_property(Generic[Value]):  # noqa: N801  it stands where Python's own would
    """What a method returns, kept with its object from the first time that it is asked for. Threads that ask meanwhile
    wait for it; those that ask another object do not.

    Python's own (`functools.cached_property`) has one lock for all objects of a class in Python 3.11, and the faces of
    a photo, side by side, were learnt one after the other; since 3.12 it has none, and two threads that want the same
    would both work for it.
    """

    def __init__(self, tell: Callable[[Any], Value]) -> None:
        self._tell, self._name = tell, tell.__name__
        self.__doc__ = tell.__doc__

    @overload
    def __get__(self, owner: None, kind: type) -> cached_property[Value]: ...

    @overload
    def __get__(self, owner: object, kind: type | None = None) -> Value: ...

    def __get__(self, owner: object | None, kind: type | None = None) -> cached_property[Value] | Value:
        if owner is None:
            return self
        # What is kept there by this name hides the property, which is not asked any more.
        kept, telling = vars(owner), f"{self._name} is told"
        with kept.setdefault(telling, RLock()):
            if self._name not in kept:
                kept[self._name] = self._tell(owner)
            kept.pop(telling, None)
            value: Value = kept[self._name]
        return value
