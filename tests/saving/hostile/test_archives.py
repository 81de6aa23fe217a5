"""Zip archives that lie: about names, sizes, and what is in them; and folders, indexes, states."""

import hashlib
import io
import json
import os
import struct
import tarfile
import zipfile

import numpy as np
import pytest

import kerasette
from kerasette.datasets.npz import load_npz
from kerasette.datasets.pickles import load_pickle
from kerasette.errors import FileError
from kerasette.saving.state_file import load_state, save_state
from kerasette.training.checkpoint_folder import CheckpointFolder
from kerasette.utils.archives import unpack
from tests.saving.hostile.kinds import REFUSED, lookup_model, model
from tests.saving.hostile.watch import refusal, watched


def members(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def write(path, found, packed=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", packed) as archive:
        for name, data in found:
            archive.writestr(name, data)


def climbing_member(path, found):
    write(path, [*found.items(), ("assets/../../outside", b"x")])


def absolute_member(path, found):
    write(path, [*found.items(), ("/etc/cron.d/outside", b"x")])


def climbing_member_of_windows(path, found):
    write(path, [*found.items(), ("assets\\..\\..\\outside", b"x")])


def drive_of_windows(path, found):
    write(path, [*found.items(), ("C:/outside", b"x")])


def member_that_no_model_has(path, found):
    write(path, [*found.items(), ("setup.py", b"import os")])


def asset_of_no_layer(path, found):
    write(path, [*found.items(), ("assets/layers/gone/vocabulary.txt", b"x")])


def duplicate_member(path, found):
    write(path, [*found.items(), ("config.json", found["config.json"])])


def too_many_members(path, found):
    write(path, [*found.items(), *((f"assets/{i}", b"") for i in range(10_000))])


def bomb_as_config(path, found):
    write(path, [("config.json", b" " * 2**26), *list(found.items())[1:]], zipfile.ZIP_DEFLATED)


def bomb_as_weights(path, found):
    write(path, [*found.items()], zipfile.ZIP_DEFLATED)
    data = path.read_bytes()
    at = data.rindex(b"model.weights.h5") - 46
    huge = struct.pack("<I", 2**31)
    path.write_bytes(data[: at + 24] + huge + data[at + 28 :])


def packed_by_lzma(path, found):
    write(path, found.items(), zipfile.ZIP_LZMA)


def encrypted(path, found):
    write(path, found.items())
    data = bytearray(path.read_bytes())
    at = data.rindex(b"config.json") - 46
    data[at + 8] |= 1
    path.write_bytes(data)


def other_name_inside(path, found):
    write(path, found.items())
    path.write_bytes(path.read_bytes().replace(b"config.json", b"canfig.json", 1))


def members_over_each_other(path, found):
    write(path, [*found.items(), ("assets/one", b"x")])
    data = bytearray(path.read_bytes())
    at = data.rindex(b"assets/one") - 46
    data[at + 20 : at + 28] = struct.pack("<II", 2**20, 2**20)
    path.write_bytes(data)


def cut(path, found):
    write(path, found.items())
    path.write_bytes(path.read_bytes()[:-30])


def without_config(path, found):
    write(path, [(name, data) for name, data in found.items() if name != "config.json"])


def without_weights(path, found):
    write(path, [(name, data) for name, data in found.items() if name != "model.weights.h5"])


def pickle_for_weights(path, found):
    write(path, [*{**found, "model.weights.h5": b"cposix\nsystem\n(S'id'\ntR."}.items()])


def weights_of_another_model(path, found):
    other = path.with_name("other.keras")
    lookup_model().save(other)
    write(path, {**found, "model.weights.h5": members(other)["model.weights.h5"]}.items())


FILES = [
    climbing_member, absolute_member, climbing_member_of_windows, drive_of_windows,
    member_that_no_model_has, asset_of_no_layer, duplicate_member, too_many_members,
    bomb_as_config, bomb_as_weights, packed_by_lzma, encrypted, other_name_inside,
    members_over_each_other, cut, without_config, without_weights, pickle_for_weights,
    weights_of_another_model,
]  # fmt: skip


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("make", FILES, ids=lambda make: make.__name__)
def test_archives_are_refused(make, tmp_path):
    path = tmp_path / "hostile.keras"
    model().save(path)
    kerasette.models.load_model(path)
    make(path, members(path))
    said = refusal(lambda: kerasette.models.load_model(path), tmp_path, REFUSED)
    assert "hostile.keras" in said, said


@pytest.mark.parametrize("words", ["a\na\na", "\udce9"])
def test_vocabularies_in_archives_are_checked(words, tmp_path):
    path = tmp_path / "hostile.keras"
    lookup_model().save(path)
    found = members(path)
    name = next(name for name in found if name.endswith("vocabulary.txt"))
    write(path, {**found, name: f"[UNK]\n{words}".encode(errors="surrogateescape")}.items())
    said = refusal(lambda: kerasette.models.load_model(path), tmp_path, REFUSED)
    assert "assets" in said, said


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
@pytest.mark.parametrize("name", ["config.json", "model.weights.h5"])
def test_folders_with_links_out_of_them_are_refused(name, tmp_path):
    folder = tmp_path / "model"
    model().save(folder, zipped=False)
    kerasette.models.load_model(folder)
    (folder / name).rename(tmp_path / name)
    (folder / name).symlink_to(tmp_path / name)
    said = refusal(lambda: kerasette.models.load_model(folder), folder, REFUSED)
    assert "link" in said, said


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
@pytest.mark.parametrize("name", ["config.json", "model.weights.h5", "assets/pipe"])
def test_pipes_in_folders_are_not_waited_for(name, tmp_path):
    folder = tmp_path / "model"
    lookup_model().save(folder, zipped=False)
    (folder / name).unlink(missing_ok=True)
    os.mkfifo(folder / name)
    refusal(lambda: kerasette.models.load_model(folder), folder, REFUSED)


def test_folders_keep_vocabularies(tmp_path):
    lookup_model().save(tmp_path / "words", zipped=False)
    made = kerasette.models.load_model(tmp_path / "words")
    assert made.layers[-1].get_vocabulary() == ["[UNK]", "green", "red"]


@pytest.mark.parametrize(
    "name", ["../secret.weights.h5", "/etc/passwd", "..", "", 3, ["../a.weights.h5"], {"a": 1}]
)
def test_an_index_names_no_file_elsewhere(name, tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    made = model()
    made.save_weights(tmp_path / "secret.weights.h5")
    path = inside / "hostile.weights.json"
    path.write_text(json.dumps({"metadata": {}, "weight_map": {"/layers/dense/vars": name}}))
    said = refusal(lambda: made.load_weights(path), inside, REFUSED)
    assert "hostile.weights.json" in said, said


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs pipes")
def test_an_index_names_no_pipe(tmp_path):
    os.mkfifo(tmp_path / "a.weights.h5")
    path = tmp_path / "hostile.weights.json"
    path.write_text(json.dumps({"weight_map": {"/layers/dense/vars": "a.weights.h5"}}))
    assert "no plain file" in refusal(lambda: model().load_weights(path), tmp_path, REFUSED)


LISTS = "[" + "[]," * 2**19 + "[]]"


def lists_for_a_config(path):
    write(path, [("config.json", LISTS), ("metadata.json", "{}"), ("model.weights.h5", b"")])


def lists_for_an_index(path):
    path.write_text(f'{{"weight_map": {{"a": {LISTS}}}}}')


def lists_for_a_header(path):
    path.write_bytes(struct.pack("<Q", len(LISTS)) + LISTS.encode())


def countless_shards(path):
    names = [f"{number}.weights.h5" for number in range(2000)]
    path.write_text(json.dumps({"weight_map": {"a": names}}))


@pytest.mark.parametrize(
    ("make", "suffix"),
    [(lists_for_a_config, ".keras"), (lists_for_an_index, ".weights.json"),
     (lists_for_a_header, ".safetensors"), (countless_shards, ".weights.json")],
)  # fmt: skip
def test_text_that_would_fill_the_memory(make, suffix, tmp_path):
    path = tmp_path / f"hostile{suffix}"
    make(path)
    loaded = model()
    read = kerasette.models.load_model if suffix == ".keras" else loaded.load_weights
    with watched(tmp_path, memory=8 * 2**20), pytest.raises(FileError, match="may be"):
        read(path)


@pytest.mark.parametrize(
    "best", ["../secret.state", "/etc/passwd", 3, ["x"], "checkpoint-000002.state"]
)
def test_the_best_checkpoint_is_one_of_the_folder(best, tmp_path):
    save_state(tmp_path / "secret.state", {"a": 1})
    folder = CheckpointFolder(tmp_path / "run")
    folder.write({"best_checkpoint": None})
    save_state(folder.latest, {"best_checkpoint": best})
    with watched(tmp_path / "run"), pytest.raises(FileError, match="no best checkpoint"):
        folder.read_best()


@pytest.mark.parametrize("state", [[1], 3, "x", None])
def test_a_state_that_is_no_checkpoint_is_refused(state, tmp_path):
    save_state(tmp_path / "checkpoint-000001.state", state)
    with pytest.raises(FileError, match="is no checkpoint"):
        CheckpointFolder(tmp_path).read()


def packed_state(path):
    write(path, {"tree.json": b'{"__array__": 0, "dtype": "int8", "shape": [9]}'}.items())
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.bin", bytes(2**28))


def state_of_objects(path):
    tree = {"__array__": 0, "dtype": "object", "shape": [1]}
    write(path, {"tree.json": json.dumps(tree).encode(), "0.bin": bytes(8)}.items())


def state_with_an_attribute(path):
    tree = {"__array__": 0, "dtype": "__loader__", "shape": [1]}
    write(path, {"tree.json": json.dumps(tree).encode(), "0.bin": bytes(8)}.items())


def state_of_another_shape(path):
    tree = {"__array__": 0, "dtype": "int8", "shape": [10**12]}
    write(path, {"tree.json": json.dumps(tree).encode(), "0.bin": bytes(8)}.items())


def deep_state(path):
    write(path, {"tree.json": b"[" * 100_000}.items())


def state_of_one_array_many_times(path):
    tree = [{"__array__": 0, "dtype": "int8", "shape": [10**6]}] * 1000
    write(path, {"tree.json": json.dumps(tree).encode(), "0.bin": bytes(10**6)}.items())


def state_of_countless_lists(path):
    write(path, {"tree.json": b"[" + b"[]," * 2**22 + b"0]"}.items())


def state_of_nothing(path):
    write(path, {"tree.json": b'{"other": 1}'}.items())


@pytest.mark.parametrize(
    "make",
    [packed_state, state_of_objects, state_with_an_attribute, state_of_another_shape, deep_state,
     state_of_one_array_many_times, state_of_countless_lists, state_of_nothing],
    ids=lambda make: make.__name__,
)  # fmt: skip
def test_states_are_refused(make, tmp_path):
    save_state(tmp_path / "whole.state", {"a": np.ones(2)})
    load_state(tmp_path / "whole.state")
    path = tmp_path / "hostile.state"
    make(path)
    path.write_bytes(sealed(path.read_bytes()))
    said = refusal(lambda: load_state(path), tmp_path, REFUSED)
    assert "hostile.state" in said, said


def sealed(content):
    """With a checksum that fits: it keeps out accidents, not strangers."""
    return content + hashlib.sha256(content).hexdigest().encode()


def test_a_state_with_another_checksum_is_refused(tmp_path):
    path = tmp_path / "whole.state"
    save_state(path, {"a": np.ones(2)})
    content = path.read_bytes()
    for place in range(0, len(content), 7):  # wherever it is, also where nothing is read
        path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
        with pytest.raises(FileError, match=r"whole\.state is damaged"):
            load_state(path)
    path.write_bytes(sealed(content[:-64]))
    assert load_state(path)["a"].sum() == 2


class Gadget:
    def __reduce__(self):
        return os.system, ("id",)


def test_pickles_in_arrays_run_nothing(tmp_path):
    path = tmp_path / "hostile.npz"
    array = np.empty(1, object)
    array[0] = Gadget()
    np.savez(path, x=array)
    said = refusal(lambda: load_npz(path, ["x"]), tmp_path, REFUSED)
    assert "asks for posix.system" in said or "asks for nt.system" in said, said


@pytest.mark.parametrize(
    "data",
    [b"cos\nsystem\n(S'id'\ntR.", b"c__builtin__\neval\n(S'1'\ntR.", b"\x80\x04\x95\xff\xff\xff",
     b"cnumpy\nload\n(S'/etc/passwd'\ntR.", b""],
)  # fmt: skip
def test_pickles_name_nothing(data):
    with pytest.raises(ValueError, match="refused or is damaged"):
        load_pickle(io.BytesIO(data))


def shapes_that_lie(path):
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }"
    header += b" " * (118 - len(header) - 1) + b"\n"
    content = b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header
    write(path, [("x.npy", content)])


def code_in_a_header(path):
    header = b"{'descr': __import__('os').system('id'), 'fortran_order': False, 'shape': (1,)}\n"
    write(path, [("x.npy", b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header)])


@pytest.mark.parametrize("make", [shapes_that_lie, code_in_a_header])
def test_arrays_that_lie_are_refused(make, tmp_path):
    path = tmp_path / "hostile.npz"
    make(path)
    refusal(lambda: load_npz(path, ["x"]), tmp_path, REFUSED)


def _tar(path, *infos):
    with tarfile.open(path, "w:gz") as archive:
        for name, kind, link in infos:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, link
            archive.addfile(info)


TARS = {
    "climbing": [("../outside", tarfile.REGTYPE, "")],
    "absolute": [("/tmp/outside", tarfile.REGTYPE, "")],
    "link out": [("link", tarfile.SYMTYPE, "/etc/passwd")],
    "link up": [("link", tarfile.SYMTYPE, "../../etc/passwd")],
    "hard link out": [("link", tarfile.LNKTYPE, "/etc/passwd")],
    "through a link": [("a", tarfile.SYMTYPE, ".."), ("a/outside", tarfile.REGTYPE, "")],
    "device": [("null", tarfile.CHRTYPE, "")],
    "pipe": [("pipe", tarfile.FIFOTYPE, "")],
    "links in a ring": [("a", tarfile.SYMTYPE, "b"), ("b", tarfile.SYMTYPE, "a")],
}


@pytest.mark.parametrize("name", TARS)
def test_tars_are_refused(name, tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    _tar(inside / "hostile.tar.gz", *TARS[name])
    with pytest.raises(ValueError, match=r"hostile\.tar\.gz"):
        unpack(inside / "hostile.tar.gz", inside / "out", ["tar"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["inside"]
