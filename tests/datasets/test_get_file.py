"""Downloads: names, cache, checksums, failures that leave nothing behind."""

import hashlib
import inspect
import io
import os
import socket
import tempfile
import time
import zipfile
from pathlib import Path

import pytest

from kerasette.utils import file_utils
from kerasette.utils.file_utils import cache_home, get_file, hash_file
from tests.datasets.samples import tar_bytes

CONTENT = b"some content\n" * 10_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT).hexdigest()


def zip_bytes(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def everything_in(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def test_signature_is_keras_s():
    assert list(inspect.signature(get_file).parameters.items()) == [
        (name, inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD,
                                 default=default, annotation=parameter.annotation))
        for (name, default), parameter in zip(
            {"fname": None, "origin": None, "untar": False, "md5_hash": None, "file_hash": None,
             "cache_subdir": "datasets", "hash_algorithm": "auto", "extract": False,
             "archive_format": "auto", "cache_dir": None, "force_download": False}.items(),
            inspect.signature(get_file).parameters.values(), strict=True)
    ]  # fmt: skip


def test_downloads_once_with_progress(server, cache, capfd):
    server.files["folder/a.bin"] = CONTENT
    path = get_file(origin=server.url + "folder/a.bin?query=1")
    assert isinstance(path, str) and Path(path) == cache / "datasets" / "a.bin"
    assert Path(path).read_bytes() == CONTENT
    shown = capfd.readouterr().err
    assert f"Downloading {server.url}folder/a.bin" in shown and "100%" in shown
    assert get_file(origin=server.url + "folder/a.bin?query=1") == path
    assert server.answers == 1
    assert everything_in(cache) == ["datasets", "datasets/a.bin"]


def test_length_may_be_undeclared(server):
    server.files["a.bin"], server.declares = CONTENT, False
    assert Path(get_file(origin=server.url + "a.bin")).read_bytes() == CONTENT


def test_force_download_replaces(server):
    server.files["a.bin"] = b"old"
    path = Path(get_file("b.bin", server.url + "a.bin"))
    server.files["a.bin"] = b"new"
    assert Path(get_file("b.bin", server.url + "a.bin")).read_bytes() == b"old"
    assert Path(get_file("b.bin", server.url + "a.bin", force_download=True)) == path
    assert path.read_bytes() == b"new"


def test_failed_force_download_keeps_old_file(server):
    server.files["a.bin"] = b"old"
    path = Path(get_file(origin=server.url + "a.bin"))
    server.missing = 5
    with pytest.raises(ConnectionError):
        get_file(origin=server.url + "a.bin", force_download=True)
    assert path.read_bytes() == b"old"


def test_cache_folders(monkeypatch, tmp_path, server):
    server.files["a.bin"] = b"a"
    origin = server.url + "a.bin"
    assert Path(get_file(origin=origin, cache_dir=tmp_path / "x")).parent == tmp_path / "x/datasets"
    assert Path(get_file(origin=origin, cache_subdir="deep/er")).parts[-3:-1] == ("deep", "er")
    absolute = tmp_path / "absolute"
    assert Path(get_file(origin=origin, cache_subdir=absolute)).parent == absolute
    monkeypatch.delenv("KERASETTE_HOME")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "of keras"))
    assert cache_home() == tmp_path / "of keras"
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    assert cache_home() == tmp_path / "home" / ".kerasette"
    assert Path(get_file(origin=origin)) == tmp_path / "home/.kerasette/datasets/a.bin"


def test_cache_that_cannot_be_made_falls_back_to_temporary_folder(server, tmp_path, monkeypatch):
    server.files["a.bin"] = CONTENT
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    (tmp_path / "file").write_text("in the way")
    with pytest.warns(UserWarning, match=r"cannot be written; using"):
        path = Path(get_file(origin=server.url + "a.bin", cache_dir=tmp_path / "file" / "cache"))
    home = path.parents[1]
    assert home.parent == tmp_path and home.name.startswith("kerasette-")
    assert path.read_bytes() == CONTENT
    if os.name == "posix":
        assert home.stat().st_mode & 0o077 == 0


@pytest.mark.skipif(os.name != "posix", reason="owners of folders")
def test_fallback_refuses_folder_of_another(server, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(os, "getuid", lambda: 123456789)
    (tmp_path / "kerasette-123456789").mkdir()
    with pytest.raises(PermissionError, match=r"belongs to another user"):
        get_file(origin=server.url + "a.bin", cache_dir="/dev/null/cache")


@pytest.mark.parametrize(
    "arguments",
    [
        {"file_hash": SHA256},
        {"file_hash": SHA256.upper()},
        {"file_hash": SHA256, "hash_algorithm": "sha256"},
        {"file_hash": MD5},
        {"file_hash": MD5, "hash_algorithm": "md5"},
        {"md5_hash": MD5},
    ],
)
def test_right_checksum(server, arguments):
    server.files["a.bin"] = CONTENT
    for _ in range(2):
        assert Path(get_file(origin=server.url + "a.bin", **arguments)).read_bytes() == CONTENT
    assert server.answers == 1


@pytest.mark.parametrize(
    "arguments",
    [
        {"file_hash": SHA256[:-1] + "g"},
        {"file_hash": MD5[:-1] + "g"},
        {"md5_hash": "0" * 32},
        {"file_hash": SHA256, "hash_algorithm": "md5"},
    ],
)
def test_wrong_checksum_leaves_nothing(server, cache, arguments):
    server.files["a.bin"] = CONTENT
    with pytest.raises(ValueError, match=r"checksum is .* Expected: file_hash="):
        get_file(origin=server.url + "a.bin", **arguments)
    assert everything_in(cache) == ["datasets"]


def test_cached_file_with_wrong_checksum_is_downloaded_anew(server, cache):
    server.files["a.bin"] = CONTENT
    (cache / "datasets").mkdir(parents=True)
    (cache / "datasets" / "a.bin").write_bytes(CONTENT[:-1])
    with pytest.warns(UserWarning, match=r"another sha256 checksum"):
        path = get_file(origin=server.url + "a.bin", file_hash=SHA256)
    assert Path(path).read_bytes() == CONTENT


def test_cut_connection_leaves_nothing(server, cache):
    server.files["a.bin"], server.missing = CONTENT, 1
    with pytest.raises(ConnectionError, match=r"130000 of 130001 bytes came"):
        get_file(origin=server.url + "a.bin")
    assert everything_in(cache) == ["datasets"]


@pytest.mark.parametrize("failure", [KeyboardInterrupt, OSError(28, "No space left on device")])
def test_interruption_leaves_nothing(server, cache, monkeypatch, failure):
    server.files["a.tar.gz"] = tar_bytes({"a.txt": CONTENT})

    def fail(descriptor):
        raise failure

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(failure if isinstance(failure, type) else OSError) as raised:
        get_file(origin=server.url + "a.tar.gz", extract=True)
    assert not isinstance(raised.value, ConnectionError)  # the disk is not the network
    assert everything_in(cache) == ["datasets"]


def test_missing_page(server, cache):
    with pytest.raises(ConnectionError, match=r"the server answered 404 Not Found") as raised:
        get_file(origin=server.url + "a.bin")
    assert f"place it at {cache / 'datasets' / 'a.bin'}." in str(raised.value)
    assert everything_in(cache) == ["datasets"]


def test_no_network_says_what_to_place_where(cache):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        origin = f"http://127.0.0.1:{unused.getsockname()[1]}/a.zip"
    with pytest.raises(ConnectionError) as raised:
        get_file("data", origin, extract=True)
    sentence = str(raised.value)
    assert sentence.startswith(f"Could not download {origin} (")
    assert sentence.endswith(
        f"Get the file data_archive by other means and place it at {cache}/datasets/data_archive."
    )


def test_file_url(tmp_path):
    (tmp_path / "a b.bin").write_bytes(CONTENT)
    path = get_file("c.bin", (tmp_path / "a b.bin").as_uri(), file_hash=SHA256)
    assert Path(path).read_bytes() == CONTENT
    with pytest.raises(ConnectionError, match=r"Could not download file:"):
        get_file("d.bin", (tmp_path / "d.bin").as_uri())


def test_follows_redirection(server):
    server.files["a.bin"], server.redirects["b.bin"] = CONTENT, "/a.bin"
    assert Path(get_file(origin=server.url + "b.bin", file_hash=MD5)).name == "b.bin"


def test_redirection_to_files_and_other_schemes_is_refused(server, tmp_path):
    (tmp_path / "secret").write_text("secret")
    for target in ((tmp_path / "secret").as_uri(), "ftp://127.0.0.1/a", "data:,a"):
        server.redirects["a.bin"] = target
        with pytest.raises(ConnectionError):
            get_file(origin=server.url + "a.bin")


@pytest.mark.parametrize("origin", ["ftp://host/a", "data:,a", "/etc/passwd", "C:\\a", "a.bin", ""])
def test_other_origins_are_refused(origin):
    with pytest.raises(ValueError, match=r"`origin` must be an http, https or file URL. Received"):
        get_file("a", origin)


def test_origin_is_needed():
    with pytest.raises(ValueError, match=r"`origin` must be the URL"):
        get_file("a")


@pytest.mark.parametrize("fname", ["a/b", "/a", "..", ".", "a\0b"])
def test_paths_as_names_are_refused(fname):
    with pytest.raises(ValueError, match=r"`fname` must be a plain name.*Received: fname="):
        get_file(fname, "http://127.0.0.1/a")


@pytest.mark.parametrize("origin", ["http://127.0.0.1", "http://127.0.0.1/a/", "http://h/a/.."])
def test_origin_without_name_needs_fname(origin):
    with pytest.raises(ValueError, match=r"`fname` must be a plain name"):
        get_file(origin=origin)


def test_unknown_hash_algorithm():
    with pytest.raises(ValueError, match=r"`hash_algorithm` must be one of .*'sha1'"):
        get_file("a", "http://127.0.0.1/a", hash_algorithm="sha1")


@pytest.mark.parametrize(
    ("fname", "archive", "folder"),
    [
        ("photos", "photos_archive", "photos"),
        ("photos.v1.tar.gz", "photos.v1.tar.gz", "photos_extracted"),
        (Path("photos"), "photos_archive", "photos"),
        (None, "a.tgz_archive", "a.tgz"),
    ],
)
def test_names_of_archive_and_folder(server, cache, fname, archive, folder):
    server.files["a.tgz"] = tar_bytes({"in/a.txt": b"a"})
    path = get_file(fname, server.url + "a.tgz", extract=True)
    assert Path(path) == cache / "datasets" / folder
    assert everything_in(cache / "datasets") == sorted(
        [archive, folder, f"{folder}/in", f"{folder}/in/a.txt"]
    )


@pytest.mark.parametrize("packed", [tar_bytes({"a": b"1"}, "w"), zip_bytes({"a": b"1"})])
def test_archive_format_is_found(server, packed):
    server.files["a"] = packed
    assert (Path(get_file("x", server.url + "a", extract=True)) / "a").read_bytes() == b"1"


def test_untar(server):
    server.files["t"], server.files["z"] = tar_bytes({"a": b"1"}), zip_bytes({"a": b"1"})
    assert (Path(get_file("t", server.url + "t", untar=True)) / "a").read_bytes() == b"1"
    with pytest.raises(ValueError, match=r"no archive of the format tar"):
        get_file("z", server.url + "z", untar=True)


def test_unpacks_once_and_again_when_archive_is_newer(server, cache):
    server.files["a.zip"] = zip_bytes({"a": b"old", "b": b"b"})
    origin = server.url + "a.zip"
    folder = Path(get_file("x", origin, extract=True))
    (folder / "a").write_bytes(b"changed by the user")
    (folder / "mine").write_bytes(b"the user's")
    get_file("x", origin, extract=True)
    assert (folder / "a").read_bytes() == b"changed by the user"

    archive = cache / "datasets" / "x_archive"
    archive.write_bytes(zip_bytes({"a": b"new", "sub/c": b"c"}))
    soon = time.time() + 10
    os.utime(archive, (soon, soon))
    get_file("x", origin, extract=True)
    assert (folder / "a").read_bytes() == b"new" and (folder / "sub" / "c").read_bytes() == b"c"
    assert (folder / "b").exists() and (folder / "mine").exists()
    assert server.answers == 1


def test_archive_placed_by_hand_is_unpacked(cache):
    (cache / "datasets").mkdir(parents=True)
    (cache / "datasets" / "x_archive").write_bytes(zip_bytes({"a": b"1"}))
    folder = get_file("x", "http://127.0.0.1:9/a.zip", extract=True)
    assert (Path(folder) / "a").read_bytes() == b"1"


@pytest.mark.parametrize(
    "packed",
    [b"no archive", tar_bytes({"a": CONTENT})[:-20], tar_bytes({"../evil": b"1"})],
    ids=["no archive", "cut", "a path outside"],  # the bytes tell the time
)
def test_bad_archive_leaves_nothing(server, cache, packed):
    server.files["a.tar.gz"] = packed
    with pytest.raises(ValueError, match=r"The archive a.tar.gz_archive (is damaged|was refused)"):
        get_file(origin=server.url + "a.tar.gz", extract=True)
    assert everything_in(cache) == ["datasets"]


def test_unknown_archive_format_is_refused_before_the_download(server):
    server.files["a.zip"] = zip_bytes({"a": b"1"})
    with pytest.raises(ValueError, match=r"Received: archive_format='rar'"):
        get_file("a", server.url + "a.zip", extract=True, archive_format="rar")
    assert server.answers == 0


def test_hash_file(tmp_path):
    (tmp_path / "a").write_bytes(CONTENT)
    assert hash_file(tmp_path / "a") == SHA256
    assert hash_file(str(tmp_path / "a"), "md5") == MD5


def test_tqdm_is_not_loaded_before_a_download():
    assert not any(name == "tqdm" for name in vars(file_utils))
