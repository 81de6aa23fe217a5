"""Machine code kept on disk, so that the next process need not compile it again.

Code is run, so it is read only from a folder and files that belong to this user and that nobody
else can write to. Each file begins with the digest of the rest: what was cut short or changed is
compiled anew. Files are written aside and renamed, so that many processes may write at once.
"""

import contextlib
import hashlib
import os
import stat
import tempfile
from pathlib import Path

_DIGEST = 32  # bytes


def key(*parts: str) -> str:
    """The name for code made of all this."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(str(len(part)).encode() + b":" + part.encode())
    return digest.hexdigest()


def folder() -> Path | None:
    """Where code is kept: ``KERASETTE_CACHE``, else the user's cache folder; ``None`` to keep none
    (``KERASETTE_CACHE=0``, or no folder that is safe).
    """
    chosen = os.environ.get("KERASETTE_CACHE")
    if chosen == "0":
        return None
    base = Path(chosen) if chosen else _user_cache() / "kerasette"
    place = base / "code"
    try:
        if not place.exists():
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        return place if _is_ours(place) else None
    except OSError:
        return None


def _user_cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")


def _is_ours(path: Path) -> bool:
    """Whether a file or folder belongs to this user, and only this user can write to it."""
    if not hasattr(os, "getuid"):
        return True
    found = path.lstat()
    others = stat.S_IWGRP | stat.S_IWOTH
    kind = stat.S_ISDIR(found.st_mode) or stat.S_ISREG(found.st_mode)
    return kind and found.st_uid == os.getuid() and not found.st_mode & others


def read(name: str) -> bytes | None:
    """The code of a name, where it is kept and whole."""
    place = folder()
    if place is None:
        return None
    path = place / name
    try:
        if not _is_ours(path):
            return None
        content = path.read_bytes()
    except OSError:
        return None
    digest, code = content[:_DIGEST], content[_DIGEST:]
    return code if code and hashlib.sha256(code).digest() == digest else None


def write(name: str, code: bytes) -> None:
    """Keep the code; where that fails, it is compiled again the next time."""
    place = folder()
    if place is None:
        return
    with contextlib.suppress(OSError):
        handle, aside = tempfile.mkstemp(dir=place, prefix="new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(code).digest() + code)
            os.replace(aside, place / name)
        except OSError:
            os.unlink(aside)
            raise
