"""Machine code on disk: found again, and not trusted where others could have changed it."""

import os
import stat

import pytest

from kerasette.kernels import object_cache as cache


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("KERASETTE_CACHE", str(tmp_path))
    return cache.folder()


def test_found_again(folder):
    name = cache.key("code", "processor")
    assert cache.read(name) is None
    cache.write(name, b"machine code")
    assert cache.read(name) == b"machine code"
    assert os.listdir(folder) == [name]


def test_other_code_or_processor_has_another_name():
    names = {cache.key("ab", "c"), cache.key("a", "bc"), cache.key("ab", "d"), cache.key("abc")}
    assert len(names) == 4


@pytest.mark.parametrize("change", ["cut", "flip", "empty"])
def test_damaged_code_is_not_used(folder, change):
    cache.write("code", b"machine code")
    content = bytearray((folder / "code").read_bytes())
    if change == "cut":
        content = content[:-1]
    elif change == "flip":
        content[-1] ^= 1
    else:
        content = bytearray()
    (folder / "code").write_bytes(content)
    assert cache.read("code") is None
    cache.write("code", b"machine code")
    assert cache.read("code") == b"machine code"


def test_a_folder_that_others_may_write_to_is_not_used(folder):
    cache.write("code", b"machine code")
    os.chmod(folder, 0o777)
    assert cache.folder() is None
    assert cache.read("code") is None
    cache.write("other", b"x")
    assert not (folder / "other").exists()


def test_a_file_that_others_may_write_to_is_not_used(folder):
    cache.write("code", b"machine code")
    assert not stat.S_IMODE((folder / "code").stat().st_mode) & 0o022
    os.chmod(folder / "code", 0o666)
    assert cache.read("code") is None


def test_a_link_is_not_followed(folder, tmp_path):
    cache.write("code", b"machine code")
    os.rename(folder / "code", tmp_path / "elsewhere")
    os.symlink(tmp_path / "elsewhere", folder / "code")
    assert cache.read("code") is None


def test_no_cache_at_all(monkeypatch, tmp_path):
    monkeypatch.setenv("KERASETTE_CACHE", "0")
    cache.write("code", b"machine code")
    assert cache.read("code") is None
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KERASETTE_CACHE", str(tmp_path / "file"))
    cache.write("code", b"machine code")
    assert cache.read("code") is None
