"""Methods of data classes, each compiled when it is first called.

`dataclass` writes six methods for a class as text and has each compiled where the class stands: a millisecond a class, and a third of the
processor time of the engine's start, which reads 550 classes and compares or prints few of them. From Python 3.13 on a class is compiled
at once; nothing is changed there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from functools import partial
from types import SimpleNamespace
from typing import Any, Final

_MAKE: Final = "_create_fn"


def late() -> None:
    """Have methods of the data classes that are defined from now on compiled when they are first called."""
    make = getattr(dataclasses, _MAKE, None)
    if make is None or isinstance(make, partial):
        return
    setattr(dataclasses, _MAKE, partial(_late, make))
    # A class without a docstring gets its signature for one, which nothing shows, and which would be that of what stands in for `__init__`.
    setattr(dataclasses, "inspect", SimpleNamespace(signature=lambda _: ""))  # noqa: B010


def _late(make: Callable[..., Any], name: str, args: Sequence[str], body: Sequence[str], **given: Any) -> Any:
    """What stands in for the method until it is called."""
    made: list[Any] = []

    def method(self: Any, /, *args_: Any, **named: Any) -> Any:
        if not made:
            one = make(name, args, body, **given)
            one.__qualname__ = method.__qualname__
            made.append(one)
            for owner in type(self).__mro__:
                if owner.__dict__.get(name) is method:
                    setattr(owner, name, one)
        return made[0](self, *args_, **named)

    method.__name__ = name
    return method
