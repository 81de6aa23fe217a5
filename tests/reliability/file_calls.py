"""A shim over the calls that programs make to the file system: it counts, kills, or lets them fail.

Writes to files that are open for binary writing count too, as they reach the system; one that is
killed or fails has written the first half of its bytes.
"""

import builtins
import errno
import io
import os
from collections.abc import Callable
from typing import Any

import pytest

CALLS = ("open", "close", "fsync", "replace", "rename", "chmod", "unlink", "mkdir", "rmdir")


def die() -> None:
    """End the process at once, as SIGKILL does: nothing is tidied up."""
    os._exit(9)


def disk_full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


class At:
    """Within it, the call of that number to the file system does something else instead.

    ``made`` are the names of the calls so far.
    """

    def __init__(self, number: int, instead: Callable[[], None]):
        self.number, self.instead = number, instead
        self.made: list[str] = []
        self._patch = pytest.MonkeyPatch()

    @property
    def count(self) -> int:
        """How many calls there were."""
        return len(self.made)

    def __enter__(self) -> "At":
        for name in CALLS:
            self._patch.setattr(os, name, self._counted(name, getattr(os, name)))
        opener = self._opened(io.open)
        self._patch.setattr(io, "open", opener)
        self._patch.setattr(builtins, "open", opener)
        return self

    def __exit__(self, *error: object) -> None:
        self._patch.undo()

    def _is_it(self, name: str) -> bool:
        self.made.append(name)
        return self.count == self.number

    def _counted(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any, **named: Any) -> Any:
            if self._is_it(name):
                self.instead()
            return call(*arguments, **named)

        return counted

    def _opened(self, call: Callable[..., Any]) -> Callable[..., Any]:
        shim = self

        class Raw(io.FileIO):
            def write(self, data: Any) -> int:
                if shim._is_it("write"):
                    super().write(bytes(data)[: len(data) // 2])
                    shim.instead()
                return super().write(data)

        def opened(file: Any, mode: str = "r", *arguments: Any, **named: Any) -> Any:
            if "b" not in mode or not set(mode) & set("wxa+"):
                return call(file, mode, *arguments, **named)
            if "r" not in mode and shim._is_it("make"):
                shim.instead()
            return (io.BufferedRandom if "+" in mode else io.BufferedWriter)(Raw(file, mode))

        return opened
