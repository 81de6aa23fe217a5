"""Unpacking zip and tar archives that come from strangers.

Every member is written by the one loop here and by nothing else, and nothing but plain files and
folders is ever made: with no symbolic link on the disk, no later member can be led outside by one.
"""

import os
import posixpath
import shutil
import stat
import tarfile
import zipfile
from collections.abc import Callable, Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePath, PurePosixPath
from typing import IO, Any, NoReturn

BLOCK = 1 << 20
_HEADERS = (tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.GNUTYPE_LONGNAME,
            tarfile.GNUTYPE_LONGLINK)  # fmt: skip
_MEMBERS = 10_000  # in any archive; in a larger one, one for each 8 bytes


@dataclass(frozen=True)
class _Member:
    """One entry of an archive, of whichever format."""

    name: str
    size: int = 0
    mode: int = 0o644
    open: Callable[[], IO[bytes]] | None = None  # none for a folder or a link
    link: str | None = None  # the name of the member that a link stands for


def as_formats(archive_format: str | Sequence[str] | None) -> list[str]:
    """The formats that Keras's argument ``archive_format`` stands for, in the order to try."""
    if archive_format == "auto":
        return ["tar", "zip"]
    names = [archive_format] if isinstance(archive_format, str) else list(archive_format or ())
    if unknown := set(names) - {"tar", "zip"}:
        raise ValueError(
            "`archive_format` must be 'auto', 'tar', 'zip', None or a list of these."
            f" Received: archive_format={unknown.pop()!r}"
        )
    return names


def unpack(archive: Path, folder: Path, formats: Sequence[str]) -> None:
    """Unpack an archive of one of the formats into ``folder``, which must not exist yet.

    The formats are "tar" (plain or compressed by gzip, bzip2 or xz) and "zip".

    Links to files of the archive become hard links (copies where the file system has none). What is
    written in all is bounded by the sizes that the archive declares, and these by the free space.

    Raises ``ValueError`` for a file that is no archive of that format, for a damaged archive, and
    for a member that is a device, a link to a folder or out of the archive, or that would land
    outside of ``folder``. Some files may have been written then, all inside ``folder``.
    """
    folder.mkdir()
    try:
        most = _MEMBERS + archive.stat().st_size // 8
        with closing(_members(archive, formats, folder)) as members:
            _write_all(members, folder, most)
    except ValueError as error:
        raise ValueError(f"The archive {archive.name} was refused: {error}.") from error
    except Exception as error:  # damaged archives raise whatever they hit
        if isinstance(error, OSError) and error.errno is not None:  # the disk's trouble
            raise
        raise ValueError(f"The archive {archive.name} is damaged or unsafe: {error}.") from error


class _TarInfo(tarfile.TarInfo):
    """A member's header, which may not ask for more memory than a header has: a packed archive of a
    few kilobytes could hold one of gigabytes. Sparse files, with their lists of holes, are refused.
    """

    def _proc_member(self, archive: tarfile.TarFile) -> Any:
        if self.type in _HEADERS and self.size > BLOCK:
            raise tarfile.ReadError(f"a header has {self.size} bytes; at most {BLOCK} may be")
        if self.type == tarfile.GNUTYPE_SPARSE:
            self._refuse_holes()
        return super()._proc_member(archive)  # type: ignore[misc]

    def _refuse_holes(self, *_: Any) -> NoReturn:
        raise tarfile.ReadError("it holds a sparse file")

    _proc_gnusparse_00 = _proc_gnusparse_01 = _proc_gnusparse_10 = _refuse_holes


def _is_tar(archive: Path) -> bool:
    try:
        with tarfile.open(archive, tarinfo=_TarInfo):
            return True
    except tarfile.TarError:
        return False


def _members(archive: Path, formats: Sequence[str], folder: Path) -> Generator[_Member, None, None]:
    for name in formats:
        if name == "tar" and _is_tar(archive):
            return _tar_members(archive, folder)
        if name == "zip" and zipfile.is_zipfile(archive):
            return _zip_members(archive)
    raise ValueError(f"it is no archive of the format {' or '.join(formats) or None}")


def _zip_members(archive: Path) -> Generator[_Member, None, None]:
    with zipfile.ZipFile(archive) as file:
        for info in file.infolist():
            if info.is_dir():
                yield _Member(info.filename)
            else:
                yield _Member(info.filename, info.file_size, open=partial(file.open, info))


def _tar_members(archive: Path, folder: Path) -> Generator[_Member, None, None]:
    # Python's own filter is a second lock: it came with 3.11.4 and had holes since.
    data_filter = getattr(tarfile, "data_filter", lambda info, folder: info)
    with tarfile.open(archive, tarinfo=_TarInfo) as file:
        while (info := file.next()) is not None:
            # It keeps all of them, and there may be many.
            file.members.clear()  # type: ignore[attr-defined]
            _parts(info.name)  # before the filter, which would make absolute names relative
            info = data_filter(info, str(folder))
            mode = info.mode if info.mode is not None else 0o644
            if info.isreg():
                yield _Member(info.name, info.size, mode, partial(_content, file, info))
            elif info.isdir():
                yield _Member(info.name)
            elif info.islnk():
                yield _Member(info.name, link=info.linkname)
            elif info.issym():
                beside = PurePosixPath(info.name).parent
                yield _Member(info.name, link=posixpath.normpath(beside / info.linkname))
            else:
                raise ValueError(f"its member {info.name!r} is no file, folder or link")
        _check_tar_end(file)


def _content(file: tarfile.TarFile, info: tarfile.TarInfo) -> IO[bytes]:
    content = file.extractfile(info)
    if content is None:
        raise ValueError(f"its member {info.name!r} has no content")
    return content


def _check_tar_end(file: tarfile.TarFile) -> None:
    """Tell the end of a tar from a broken header, at which tarfile stops without a word.

    Reading on makes a compressed file check its sum.
    """
    assert file.fileobj is not None
    file.fileobj.seek(file.offset)
    if file.fileobj.read(BLOCK)[: tarfile.BLOCKSIZE].strip(b"\0"):
        raise tarfile.ReadError(f"broken header at byte {file.offset}")


def _parts(name: str) -> tuple[str, ...]:
    """The folders and the file that a member's name stands for, checked to stay inside."""
    for path in (PurePosixPath(name), PurePath(name)):  # the second: drives and \\ on Windows
        if path.anchor or ".." in path.parts or "\0" in name:
            raise ValueError(f"its member {name!r} would land outside of the folder")
    return PurePosixPath(name).parts


def _write_all(members: Iterable[_Member], folder: Path, most: int) -> None:
    room = _Room(shutil.disk_usage(folder).free)
    links: dict[tuple[str, ...], tuple[str, ...]] = {}
    for count, member in enumerate(members, 1):
        if count > most:
            raise ValueError(f"it has more than {most} members, too many for its size")
        parts = _parts(member.name)
        path = folder.joinpath(*parts)
        room.take(member.size)
        try:
            if member.link is not None:
                links[parts] = _parts(member.link)
            elif member.open is None:
                path.mkdir(parents=True, exist_ok=True)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                _write(member, path)
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            raise ValueError(f"its member {member.name!r} is both a file and a folder") from error
    for parts in links:
        _link(parts, _resolve(parts, links), folder, room)


class _Room:
    """What may still be written, in bytes."""

    def __init__(self, free: int) -> None:
        self.free = self.left = free

    def take(self, size: int) -> None:
        self.left -= size
        if self.left < 0:
            raise ValueError(f"it holds over {self.free} bytes, more than are free on the disk")


def _write(member: _Member, path: Path) -> None:
    assert member.open is not None
    left = member.size
    with member.open() as source, open(path, "wb") as file:
        # One byte more than declared is asked for, and the end seen: a zip checks its sum there.
        while block := source.read(min(BLOCK, left + 1)):
            left -= len(block)
            if left < 0:
                break
            file.write(block)
    if left:
        many = "more" if left < 0 else "fewer"
        raise ValueError(f"its member {member.name!r} has {many} bytes than declared")
    if member.mode & stat.S_IXUSR:
        path.chmod(path.stat().st_mode | stat.S_IXUSR)


def _resolve(
    parts: tuple[str, ...], links: dict[tuple[str, ...], tuple[str, ...]]
) -> tuple[str, ...]:
    """Where a chain of links ends; every link of the chain then leads there at once."""
    chain = dict.fromkeys([parts])
    while (target := links[next(reversed(chain))]) in links and target not in chain:
        chain[target] = None
    links.update(dict.fromkeys(chain, target))
    return target


def _link(parts: tuple[str, ...], target: tuple[str, ...], folder: Path, room: _Room) -> None:
    """Make the file at ``target`` appear at ``parts``, too."""
    path, source = folder.joinpath(*parts), folder.joinpath(*target)
    if path.exists() or not source.is_file():
        raise ValueError(
            f"its link {'/'.join(parts)!r} to {'/'.join(target)!r}"
            " is there twice, or leads to no file of the archive"
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(source, path)
    except OSError:  # a file system without hard links
        room.take(source.stat().st_size)
        shutil.copyfile(source, path)
