"""Runs a reader and sees what it does to the machine: files, processes, network, memory."""

import os
import sys
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_NEVER = (
    "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty",
    "subprocess.Popen", "socket.connect",
    "socket.getaddrinfo", "socket.bind", "urllib.Request", "ftplib.connect",
    "pickle.find_class", "marshal.loads", "ctypes.dlopen", "os.symlink", "os.link", "os.rename",
    "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "os.truncate", "shutil.copyfile",
    "webbrowser.open",
)  # fmt: skip
_CODE = (".py", ".pyc", ".so", ".dist-info", "METADATA", "__pycache__")
_watch: Any = None


class Watch:
    """What happened in this thread while a reader ran."""

    def __init__(self, inside: Path):
        self.thread, self.inside, self.seen = threading.get_ident(), inside, list[str]()

    def event(self, name: str, args: tuple[Any, ...]) -> None:
        if threading.get_ident() != self.thread or _is_import():
            return
        if name in _NEVER or (name in ("exec", "compile") and _is_foreign(args[0])):
            self.seen.append(f"{name} {args!r:.200}")
        if name == "open" and isinstance(args[0], (str, bytes, os.PathLike)):
            path = os.fsdecode(args[0])
            writes = isinstance(args[1], str) and set(args[1]) & set("wax+")
            if (writes or not self._is_known(path)) and not path.startswith("/proc/"):
                self.seen.append(f"open {path} {args[1]}")

    def _is_known(self, path: str) -> bool:
        """Whether a path is in the folder of the test, or of the program itself."""
        return Path(path).is_relative_to(self.inside) or path.endswith(_CODE)


def _is_import() -> bool:
    """Whether it is the import of a module that does it, which also keeps compiled code; what the
    module's own code does is not.
    """
    frame = sys._getframe()
    while frame.f_code.co_filename == __file__ and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_filename.startswith("<frozen importlib")


def _is_foreign(code: Any) -> bool:
    """Whether code that is run comes from no module on the disk."""
    file = getattr(code, "co_filename", "")
    return bool(file) and not file.endswith(".py") and not file.startswith("<frozen")


def _hook(name: str, args: tuple[Any, ...]) -> None:
    if _watch is not None:
        watch, globals()["_watch"] = _watch, None  # what the check itself does is not seen
        try:
            watch.event(name, args)
        finally:
            globals()["_watch"] = watch


sys.addaudithook(_hook)


@contextmanager
def watched(inside: Path, memory: int = 96 * 2**20) -> Iterator[None]:
    """Within it, nothing outside of ``inside`` may be touched, and ``memory`` bytes be taken.

    Raises: AssertionError for what was.
    """
    global _watch
    watch = Watch(inside)
    tracemalloc.start()
    _watch = watch
    try:
        yield
    finally:
        _watch = None
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert not watch.seen, watch.seen
    assert peak < memory, f"{peak} bytes were taken"


def refusal(read: Callable[[], Any], inside: Path, kinds: tuple[type[Exception], ...]) -> str:
    """What the error says with which ``read`` refuses, having touched nothing."""
    said = ""
    with watched(inside):
        try:
            read()
        except kinds as error:
            said = str(error)
    assert said, "The file was not refused."
    assert said.count("\n") == 0, said
    return said
