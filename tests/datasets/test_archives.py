"""Unpacking: what is written, and that nothing is ever written elsewhere."""

import gzip
import io
import os
import stat
import tarfile
import tracemalloc
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerasette.utils import archives
from kerasette.utils.archives import as_formats, unpack

AUTO = as_formats("auto")


def tar(path, members, mode="w"):
    """Write members ``(name, content)``, or ``(name, type, link)``."""
    with tarfile.open(path, mode) as archive:
        for name, content, *link in members:
            info = tarfile.TarInfo(name)
            if isinstance(content, bytes) and not link:
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
            else:
                info.type, info.linkname = content, *link
                archive.addfile(info)
    return path


def zipped(path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return path


def tree(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() if path.is_file() else None
        for path in folder.rglob("*")
    }


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_tar(tmp_path, mode):
    archive = tar(
        tmp_path / "a",
        [
            ("./", tarfile.DIRTYPE, ""),
            ("./top.txt", b"1"),
            ("deep/er/b.bin", bytes(3_000_000)),
            ("empty", tarfile.DIRTYPE, ""),
            ("none", b""),
            ("top.txt", b"the later one counts"),
        ],
        mode,
    )
    unpack(archive, tmp_path / "out", AUTO)
    assert tree(tmp_path / "out") == {
        "top.txt": b"the later one counts",
        "deep": None,
        "deep/er": None,
        "deep/er/b.bin": bytes(3_000_000),
        "empty": None,
        "none": b"",
    }


def test_zip(tmp_path):
    archive = zipped(
        tmp_path / "a", [("top.txt", b"1"), ("deep/b", bytes(2_000_000)), ("empty/", b"")]
    )
    unpack(archive, tmp_path / "out", AUTO)
    assert tree(tmp_path / "out") == {
        "top.txt": b"1",
        "deep": None,
        "deep/b": bytes(2_000_000),
        "empty": None,
    }


@pytest.mark.skipif(os.name != "posix", reason="permissions")
def test_modes_are_the_user_s_own_but_for_execution(tmp_path):
    with tarfile.open(tmp_path / "a", "w") as archive:
        for name, mode in (("plain", 0o6666), ("run", 0o4755), ("none", 0)):
            info = tarfile.TarInfo(name)
            info.mode = mode
            archive.addfile(info)
    unpack(tmp_path / "a", tmp_path / "out", ["tar"])
    (tmp_path / "mine").touch()
    mine = stat.S_IMODE((tmp_path / "mine").stat().st_mode)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "out").iterdir()}
    assert modes == {"plain": mine, "run": mine | stat.S_IXUSR, "none": mine}


LINKS = [
    ("data/a", b"content"),
    ("hard", tarfile.LNKTYPE, "data/a"),
    ("soft", tarfile.SYMTYPE, "./data/a"),
    ("other/up", tarfile.SYMTYPE, "../data/a"),
    ("early", tarfile.SYMTYPE, "late"),
    ("late", tarfile.SYMTYPE, "other/up"),
]


@pytest.mark.parametrize("has_hard_links", [True, False])
def test_links_to_files_become_files(tmp_path, monkeypatch, has_hard_links):
    if not has_hard_links:
        monkeypatch.setattr(os, "link", lambda *_: (_ for _ in ()).throw(OSError(95, "no links")))
    unpack(tar(tmp_path / "a", LINKS), tmp_path / "out", AUTO)
    out = tree(tmp_path / "out")
    for name in ("data/a", "hard", "soft", "other/up", "early", "late"):
        assert out[name] == b"content"
    assert not any(path.is_symlink() for path in (tmp_path / "out").rglob("*"))


def test_long_chain_of_links(tmp_path):
    chain = [(f"l{n}", tarfile.SYMTYPE, f"l{n + 1}") for n in range(3000)]
    unpack(tar(tmp_path / "a", [*chain, ("l3000", b"end")]), tmp_path / "out", AUTO)
    assert (tmp_path / "out" / "l0").read_bytes() == b"end"


HOSTILE = {
    "parent": [("../evil", b"1")],
    "deep parent": [("a/../../evil", b"1")],
    "absolute": [("/tmp/kerasette-evil", b"1")],
    "empty name": [("", b"1")],
    "link to parent": [("l", tarfile.SYMTYPE, "../secret")],
    "link to absolute": [("l", tarfile.SYMTYPE, "/etc/passwd")],
    "hard link to parent": [("l", tarfile.LNKTYPE, "../secret")],
    "hard link to absolute": [("l", tarfile.LNKTYPE, "/etc/passwd")],
    "link at parent": [("a", b"1"), ("../l", tarfile.LNKTYPE, "a")],
    "link to folder": [("d/a", b"1"), ("l", tarfile.SYMTYPE, "d")],
    "link to root": [("l", tarfile.SYMTYPE, ".")],
    "link to nothing": [("l", tarfile.SYMTYPE, "nothing")],
    "link to itself": [("l", tarfile.SYMTYPE, "l")],
    "ring of links": [("l", tarfile.SYMTYPE, "m"), ("m", tarfile.SYMTYPE, "l")],
    "write through link": [("l", tarfile.SYMTYPE, ".."), ("l/evil", b"1")],
    "write through two links": [
        ("a/b/c/s", tarfile.SYMTYPE, "../../.."),
        ("t", tarfile.SYMTYPE, "a/b/c/s/.."),
        ("t/evil", b"1"),
    ],
    "write through name of link": [("l", tarfile.SYMTYPE, "../evil"), ("l", b"1")],
    "file below file": [("a", b"1"), ("a/b", b"1")],
    "file over folder": [("a/b", b"1"), ("a", b"1")],
    "folder over file": [("a", b"1"), ("a", tarfile.DIRTYPE, "")],
    "pipe": [("pipe", tarfile.FIFOTYPE, "")],
    "device": [("device", tarfile.CHRTYPE, "")],
}


@pytest.mark.parametrize("members", HOSTILE.values(), ids=HOSTILE)
def test_hostile_tar_is_refused(tmp_path, members):
    (tmp_path / "secret").write_bytes(b"secret")
    home = tmp_path / "home"
    home.mkdir()
    archive = tar(home / "a", members)
    with pytest.raises(ValueError, match=r"The archive a (was refused|is damaged or unsafe)"):
        unpack(archive, home / "out", AUTO)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "secret"]
    assert sorted(path.name for path in home.iterdir()) == ["a", "out"]
    assert not os.path.exists("/tmp/kerasette-evil")
    assert b"secret" not in tree(home / "out").values()


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/tmp/kerasette-evil"])
def test_hostile_zip_is_refused(tmp_path, name):
    (tmp_path / "home").mkdir()
    archive = zipped(tmp_path / "home" / "a", [("good", b"1"), (name, b"1")])
    with pytest.raises(ValueError, match=r"would land outside"):
        unpack(archive, tmp_path / "home" / "out", AUTO)
    assert tree(tmp_path / "home" / "out") == {"good": b"1"}
    assert not os.path.exists("/tmp/kerasette-evil")


def test_own_checks_hold_without_python_s_filter(tmp_path, monkeypatch):
    monkeypatch.delattr(tarfile, "data_filter", raising=False)
    for number, members in enumerate(HOSTILE.values()):
        home = tmp_path / f"{number}"
        home.mkdir()
        with pytest.raises(ValueError, match=r"was refused"):
            unpack(tar(home / "a", members), home / "out", AUTO)
        assert sorted(path.name for path in home.iterdir()) == ["a", "out"]
    assert not list(tmp_path.glob("evil"))


def test_total_is_bounded_by_free_space(tmp_path, monkeypatch):
    archive = tar(tmp_path / "a.gz", [("a", bytes(600_000)), ("b", bytes(600_000))], "w:gz")
    monkeypatch.setattr(archives.shutil, "disk_usage", lambda _: type("U", (), {"free": 1_000_000}))
    with pytest.raises(ValueError, match=r"over 1000000 bytes, more than are free"):
        unpack(archive, tmp_path / "out", AUTO)
    assert set(tree(tmp_path / "out")) == {"a"}


def test_zip_may_not_hold_more_than_it_declares(tmp_path):
    archive = zipped(tmp_path / "a", [("a", b"x" * 1000)])
    content = bytearray(archive.read_bytes())
    at = content.index(b"PK\x01\x02") + 24  # the size, in the directory at the end
    assert content[at : at + 4] == (1000).to_bytes(4, "little")
    content[at : at + 4] = (10).to_bytes(4, "little")
    archive.write_bytes(content)
    with pytest.raises(ValueError, match=r"The archive a (is damaged|was refused)"):
        unpack(archive, tmp_path / "out", AUTO)
    assert sum(len(value or b"") for value in tree(tmp_path / "out").values()) <= 10


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_cut_tar_is_damaged(tmp_path, mode):
    archive = tar(tmp_path / "a", [("a", os.urandom(200_000)), ("b", b"1")], mode)
    content = archive.read_bytes()
    for length in (100, 512, 1000, 100_000, 199_000):
        archive.write_bytes(content[:length])
        with pytest.raises(ValueError, match=r"The archive a (is damaged|was refused)"):
            unpack(archive, tmp_path / f"out{length}", AUTO)


@pytest.mark.parametrize("mode", ["w", "w:gz"])
def test_broken_header_is_not_taken_for_the_end(tmp_path, mode):
    plain = tar(tmp_path / "plain", [("a", b"1"), ("b", b"2")]).read_bytes()
    broken = bytearray(plain)
    broken[1024 + 150] ^= 0xFF  # the checksum of the second header
    (tmp_path / "a").write_bytes(bytes(broken) if mode == "w" else gzip.compress(broken))
    with pytest.raises(ValueError, match=r"broken header at byte 1024"):
        unpack(tmp_path / "a", tmp_path / "out", AUTO)


@pytest.mark.parametrize("flip", [-5, -1])  # the checksum, and the length after it
def test_sum_of_compressed_tar_is_checked(tmp_path, flip):
    archive = tar(tmp_path / "a", [("a", b"1")], "w:gz")
    content = bytearray(archive.read_bytes())
    content[flip] ^= 0xFF
    archive.write_bytes(content)
    with pytest.raises(ValueError, match=r"is damaged"):
        unpack(archive, tmp_path / "out", AUTO)


def test_sum_of_zip_is_checked(tmp_path):
    archive = tmp_path / "a"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("a", b"content")
    archive.write_bytes(archive.read_bytes().replace(b"content", b"CONTENT"))
    with pytest.raises(ValueError, match=r"is damaged or unsafe: Bad CRC"):
        unpack(archive, tmp_path / "out", AUTO)


def test_encrypted_zip(tmp_path):
    archive = zipped(tmp_path / "a", [("a", b"1")])
    content = bytearray(archive.read_bytes())
    for magic, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(magic) + offset] |= 1
    archive.write_bytes(content)
    with pytest.raises(ValueError, match=r"encrypted"):
        unpack(archive, tmp_path / "out", AUTO)


def test_formats(tmp_path):
    assert as_formats("auto") == ["tar", "zip"]
    assert as_formats("zip") == as_formats(("zip",)) == ["zip"]
    assert as_formats(None) == as_formats([]) == []
    for wrong in ("rar", ["tar", "rar"]):
        with pytest.raises(ValueError, match=r"`archive_format` must be .*archive_format='rar'$"):
            as_formats(wrong)
    archive = zipped(tmp_path / "a", [("a", b"1")])
    for number, tried in enumerate((["tar"], [])):
        with pytest.raises(ValueError, match=r"no archive of the format (tar|None)"):
            unpack(archive, tmp_path / f"out{number}", tried)
    unpack(archive, tmp_path / "good", ["tar", "zip"])
    assert tree(tmp_path / "good") == {"a": b"1"}


def test_members_that_are_too_many_for_the_size(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "_MEMBERS", 100)
    few = tar(tmp_path / "few", [(f"{n}", b"") for n in range(100)], "w:gz")
    unpack(few, tmp_path / "few_out", AUTO)
    assert len(list((tmp_path / "few_out").iterdir())) == 100
    many = tar(tmp_path / "many", [("a", tarfile.DIRTYPE, "")] * 1000, "w:gz")
    assert many.stat().st_size < 4000
    with pytest.raises(ValueError, match=r"archive many was refused: .* too many for its size"):
        unpack(many, tmp_path / "many_out", AUTO)


def _headers(path, kind, size):
    """A packed tar whose first member has a header of so many bytes before it."""
    info = tarfile.TarInfo("long")
    info.type, info.size = kind, size
    with gzip.open(path, "wb") as file:
        file.write(info.tobuf())
        for _ in range(size // 2**20):
            file.write(b"a" * 2**20)
        file.write(tarfile.TarInfo("b").tobuf() + bytes(1024))
    return path


@pytest.mark.parametrize(
    "kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK]
)
def test_headers_that_would_fill_the_memory(tmp_path, kind):
    archive = _headers(tmp_path / "a", kind, 2**25)
    tracemalloc.start()
    try:
        with pytest.raises(ValueError, match=r"The archive a (was refused|is damaged)"):
            unpack(archive, tmp_path / "out", AUTO)
        assert tracemalloc.get_traced_memory()[1] < 2**23
    finally:
        tracemalloc.stop()
    whole = tar(tmp_path / "c", [("long" * 60, b"1")])
    unpack(whole, tmp_path / "whole", AUTO)
    assert tree(tmp_path / "whole") == {"long" * 60: b"1"}


def _sparse(path, headers):
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as archive:
        info = tarfile.TarInfo("hole")
        info.pax_headers = headers
        info.size = 512
        archive.addfile(info, io.BytesIO(b"1\n0\n0\n".ljust(512, b"\0")))
    return path


@pytest.mark.parametrize(
    "headers",
    [
        {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "9"},
        {"GNU.sparse.map": "0,1"},
        {"GNU.sparse.size": "9", "GNU.sparse.numblocks": "0"},
    ],
)
def test_sparse_files_are_refused(tmp_path, headers):
    with pytest.raises(ValueError, match=r"The archive a (was refused|is damaged or unsafe)"):
        unpack(_sparse(tmp_path / "a", headers), tmp_path / "out", AUTO)


def test_older_sparse_files_are_refused(tmp_path):
    archive = tar(tmp_path / "a", [("b", b"1"), ("hole", tarfile.GNUTYPE_SPARSE, "")])
    with pytest.raises(ValueError, match="a is damaged or unsafe: it holds a sparse file"):
        unpack(archive, tmp_path / "out", AUTO)


def test_a_member_without_a_name_is_damage(tmp_path):
    archive = zipped(tmp_path / "a", [("b", b"1")])
    data = archive.read_bytes()
    at = data.rindex(b"PK\x01\x02")
    archive.write_bytes(data[: at + 28] + b"\0\0" + data[at + 30 : at + 46] + data[at + 47 :])
    with pytest.raises(ValueError, match="The archive a is damaged"):
        unpack(archive, tmp_path / "out", AUTO)


NAMES = st.lists(st.sampled_from(["a", "b", "..", ".", "", "l"]), min_size=1, max_size=4).map(
    "/".join
)
MEMBERS = st.lists(
    st.one_of(
        st.tuples(NAMES, st.binary(max_size=4)),
        st.tuples(NAMES, st.sampled_from([tarfile.LNKTYPE, tarfile.SYMTYPE]), NAMES),
        st.tuples(NAMES, st.just(tarfile.DIRTYPE), st.just("")),
    ),
    max_size=6,
)


@settings(max_examples=150, deadline=None)
@given(members=MEMBERS)
def test_no_tar_leaves_its_folder(tmp_path_factory, members):
    home = tmp_path_factory.mktemp("tar")
    (home / "a").write_bytes(b"outside")
    archive = tar(home / "b", members)
    try:
        unpack(archive, home / "out", ["tar"])
    except ValueError as error:
        assert "archive b" in str(error)
    assert {path.name for path in home.iterdir()} <= {"a", "b", "out"}
    assert (home / "a").read_bytes() == b"outside"
    for path in (home / "out").rglob("*"):
        assert not path.is_symlink()
        assert path.is_dir() or path.read_bytes() != b"outside"
