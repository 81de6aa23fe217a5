"""Files from elsewhere, kept in a cache folder: :func:`get_file`."""

import getpass
import hashlib
import http.client
import os
import sys
import tempfile
import urllib.error
import urllib.request
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from kerasette.utils.archives import as_formats, unpack

BLOCK = 1 << 18
TIMEOUT = 60.0  # seconds without a byte
SCHEMES = ("http", "https", "file")
HASHES = ("auto", "md5", "sha256")


def get_file(
    fname: str | os.PathLike | None = None,
    origin: str | None = None,
    untar: bool = False,
    md5_hash: str | None = None,
    file_hash: str | None = None,
    cache_subdir: str | os.PathLike = "datasets",
    hash_algorithm: str = "auto",
    extract: bool = False,
    archive_format: str | Sequence[str] | None = "auto",
    cache_dir: str | os.PathLike | None = None,
    force_download: bool = False,
) -> str:
    """The path of a file that is downloaded once and found in the cache folder from then on.

    The cache folder is ``$KERASETTE_HOME``, else ``$KERAS_HOME``, else ``~/.kerasette``; where it
    cannot be written, a folder of the user's own in the system's temporary folder, with a warning.
    A download goes to a file aside that takes its place when it is whole and its checksum is
    right: no interruption leaves half a file. Archives are unpacked likewise, and again only when
    the archive in the cache is newer than the folder.

    Args:
        fname: name of the file in the cache, no path; ``None``: the last part of ``origin``. With
            ``extract``, the name of the folder that is unpacked to, with the archive beside it as
            ``<fname>_archive``; where ``fname`` has a suffix, the archive bears it and the folder
            is ``<fname without suffix>_extracted``.
        origin: an http, https or file URL.
        untar: deprecated: ``extract`` with ``archive_format="tar"``.
        md5_hash: deprecated: ``file_hash`` with ``hash_algorithm="md5"``.
        file_hash: the expected checksum in hexadecimal digits. A file in the cache that has
            another is downloaded anew.
        cache_subdir: folder inside of the cache folder, or an absolute path.
        hash_algorithm: "md5", "sha256", or "auto": by the length of ``file_hash``.
        extract: unpack a tar or zip archive.
        archive_format: "tar", "zip", a list of these, or "auto" for both.
        cache_dir: another cache folder.
        force_download: download even if the file is in the cache.

    Returns:
        The path of the file; with ``extract`` or ``untar``, of the folder unpacked to.

    Raises:
        ValueError: for a bad argument, a wrong checksum, and an archive that is damaged or holds
            something unsafe, such as a member that would land outside of the folder.
        ConnectionError: when the file could not be downloaded; says where to place it by hand.

    >>> import pathlib, tempfile
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> _ = (folder / "a.txt").write_text("hello")
    >>> path = get_file(origin=(folder / "a.txt").as_uri(), cache_dir=folder / "cache")
    >>> pathlib.Path(path).read_text()
    'hello'
    """
    if origin is None:
        raise ValueError("`origin` must be the URL of the file to download. Received: origin=None")
    if urlsplit(origin).scheme not in SCHEMES:
        raise ValueError(f"`origin` must be an http, https or file URL. Received: origin={origin}")
    if hash_algorithm not in HASHES:
        raise ValueError(
            f"`hash_algorithm` must be one of {HASHES}. Received: hash_algorithm={hash_algorithm!r}"
        )
    if md5_hash is not None and file_hash is None:
        file_hash, hash_algorithm = md5_hash, "md5"
    if untar:
        extract, archive_format = True, "tar"
    formats = as_formats(archive_format)

    file_name, folder_name = _names(fname, origin, extract)
    cache = _cache_folder(cache_dir, cache_subdir, folder_name or file_name)
    target = cache / file_name
    folder = cache / folder_name if folder_name else None
    download = force_download or not _is_cached(target, file_hash, hash_algorithm)
    if download or (folder and _is_older(folder, target)):
        with tempfile.TemporaryDirectory(prefix=".download-", dir=cache) as aside:
            source = target
            if download:
                source = Path(aside, file_name)
                _download(origin, source, target)
                _check_hash(source, origin, file_hash, hash_algorithm)
            if folder:
                content = Path(aside, "content")
                unpack(source, content, formats)
                _move_into(content, folder)
            if download:
                os.replace(source, target)
    return str(folder or target)


def cache_home() -> Path:
    """The folder that holds downloads: by KERASETTE_HOME, KERAS_HOME or the user's home."""
    home = os.environ.get("KERASETTE_HOME") or os.environ.get("KERAS_HOME") or "~/.kerasette"
    return Path(home).expanduser()


def hash_file(path: str | os.PathLike, algorithm: str = "sha256") -> str:
    """The checksum of a file, ``algorithm`` "md5" or "sha256", in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(
            file, lambda: hashlib.new(algorithm, usedforsecurity=False)
        ).hexdigest()


def _names(fname: str | os.PathLike | None, origin: str, extract: bool) -> tuple[str, str | None]:
    """The names in the cache of the file and, for an archive, of the folder unpacked to."""
    name = os.fspath(fname) if fname else urlsplit(origin).path.rpartition("/")[2]
    if not name or name in (".", "..") or set(name) & {"/", os.sep, "\0"}:
        raise ValueError(
            "`fname` must be a plain name; choose the folder by `cache_dir` and `cache_subdir`."
            f" Received: fname={fname!r}, origin={origin}"
        )
    if not extract:
        return name, None
    if fname and "." in name:
        return name, f"{name.partition('.')[0]}_extracted"
    return f"{name}_archive", name


def _cache_folder(
    cache_dir: str | os.PathLike | None, cache_subdir: str | os.PathLike, needed: str
) -> Path:
    """The folder for a file, made if it is missing and in the temporary folder if it must be."""
    home = cache_home() if cache_dir is None else Path(cache_dir).expanduser()
    folder = home / cache_subdir
    if (folder / needed).exists():
        return folder  # also where it can only be read
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    user = str(os.getuid()) if hasattr(os, "getuid") else getpass.getuser()
    home = Path(tempfile.gettempdir(), f"kerasette-{user}")
    home.mkdir(mode=0o700, exist_ok=True)
    if hasattr(os, "getuid") and home.lstat().st_uid != os.getuid():
        raise PermissionError(f"{home} belongs to another user; set KERASETTE_HOME or `cache_dir`.")
    warnings.warn(f"{folder} cannot be written; using {home} instead.", stacklevel=3)
    fallback = home / Path(cache_subdir).relative_to(Path(cache_subdir).anchor)
    fallback.mkdir(parents=True, exist_ok=True)
    return fallback


def _algorithm(file_hash: str, algorithm: str) -> str:
    if algorithm == "auto":
        return "sha256" if len(file_hash) == 64 else "md5"
    return algorithm


def _is_cached(target: Path, file_hash: str | None, algorithm: str) -> bool:
    if not target.exists() or file_hash is None:
        return target.exists()
    algorithm = _algorithm(file_hash, algorithm)
    if hash_file(target, algorithm) == file_hash.lower():
        return True
    warnings.warn(
        f"{target} has another {algorithm} checksum than expected and is downloaded anew.",
        stacklevel=3,
    )
    return False


def _check_hash(source: Path, origin: str, file_hash: str | None, algorithm: str) -> None:
    if file_hash is None:
        return
    algorithm = _algorithm(file_hash, algorithm)
    found = hash_file(source, algorithm)
    if found != file_hash.lower():
        raise ValueError(
            f"What came from {origin} is incomplete or not the file expected: its {algorithm}"
            f" checksum is {found}. Expected: file_hash={file_hash}"
        )


def _download(origin: str, path: Path, target: Path) -> None:
    with open(path, "xb") as file:
        for block in _blocks(origin, target):
            file.write(block)
        file.flush()
        os.fsync(file.fileno())


def _blocks(origin: str, target: Path) -> Iterator[bytes]:
    """What stands at a URL, block by block, with a progress bar on standard error."""
    from tqdm import tqdm

    try:
        with _opener().open(origin, timeout=TIMEOUT) as response:
            length = response.headers.get("Content-Length")
            total = int(length) if length else None
            came = 0
            with tqdm(
                total=total,
                desc=f"Downloading {origin}",
                unit="B",
                unit_scale=True,
                mininterval=0.1 if sys.stderr.isatty() else 10,  # log files keep every line
            ) as bar:
                while block := response.read(BLOCK):
                    yield block
                    came += len(block)
                    bar.update(len(block))
            if total is not None and came != total:
                raise ConnectionError(f"{came} of {total} bytes came")
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise ConnectionError(
            f"Could not download {origin} ({_reason(error)}). Get the file {target.name} by other"
            f" means and place it at {target}."
        ) from error


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"the server answered {error.code} {error.msg}"
    return str(getattr(error, "reason", error)) or type(error).__name__


def _opener() -> urllib.request.OpenerDirector:
    """An opener of http, https and file URLs alone, also where a redirection names another."""
    opener = urllib.request.OpenerDirector()
    for handler in (
        urllib.request.ProxyHandler,
        urllib.request.UnknownHandler,
        urllib.request.HTTPHandler,
        urllib.request.HTTPSHandler,
        urllib.request.FileHandler,
        urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPRedirectHandler,
        urllib.request.HTTPErrorProcessor,
    ):
        opener.add_handler(handler())
    return opener


def _is_older(folder: Path, archive: Path) -> bool:
    return not folder.exists() or folder.stat().st_mtime_ns < archive.stat().st_mtime_ns


def _move_into(content: Path, folder: Path) -> None:
    """Move an unpacked tree to ``folder``; in one there is already, other files are left alone."""
    try:
        os.rename(content, folder)
        return
    except OSError:
        folder.mkdir(exist_ok=True)
    for path, _, files in os.walk(content):
        into = folder / Path(path).relative_to(content)
        into.mkdir(exist_ok=True)
        for name in files:
            os.replace(Path(path, name), into / name)
    os.utime(folder)
