"""HDF5 files that point elsewhere, ask for more than they hold, or are not what they should be."""

import os
import struct

import h5py
import numpy as np
import pytest

import kerasette
from kerasette import layers
from kerasette.saving import hdf5
from tests.saving.hostile.kinds import REFUSED
from tests.saving.hostile.watch import refusal

PLACE = "layers/dense/vars"


def whole(file):
    """What a model of ``Dense(2)`` on three numbers stores."""
    group = file.create_group(PLACE)
    group.create_dataset("0", data=np.ones((3, 2), "float32"))
    group.create_dataset("1", data=np.ones(2, "float32"))
    return group


def without_kernel(file):
    group = whole(file)
    del group["0"]
    return group


def external_link(file, folder):
    without_kernel(file)["0"] = h5py.ExternalLink(str(folder / "secret.h5"), "/secret")


def external_group(file, folder):
    file["layers"] = h5py.ExternalLink(str(folder / "secret.h5"), "/")


def soft_link(file, folder):
    without_kernel(file)["0"] = h5py.SoftLink(f"/{PLACE}/1")


def soft_group(file, folder):
    file.create_group("elsewhere")
    file["layers"] = h5py.SoftLink("/elsewhere")


def endless_soft_link(file, folder):
    without_kernel(file)["0"] = h5py.SoftLink(f"/{PLACE}/0")


def external_storage(file, folder):
    secret = folder / "secret.bin"
    without_kernel(file).create_dataset(
        "0", (3, 2), "float32", external=[(str(secret), 0, h5py.h5f.UNLIMITED)]
    )


def virtual_storage(file, folder):
    layout = h5py.VirtualLayout((3, 2), "float32")
    layout[:] = h5py.VirtualSource(str(folder / "secret.h5"), "secret", (3, 2))
    without_kernel(file).create_virtual_dataset("0", layout)


def virtual_from_itself(file, folder):
    file.create_dataset("hidden", data=np.ones((3, 2), "float32"))
    layout = h5py.VirtualLayout((3, 2), "float32")
    layout[:] = h5py.VirtualSource(".", "hidden", (3, 2))
    without_kernel(file).create_virtual_dataset("0", layout)


def shape_bomb(file, folder):
    without_kernel(file).create_dataset("0", (10**6, 10**6), "float32")


def chunked_shape_bomb(file, folder):
    without_kernel(file).create_dataset("0", (10**6, 10**6), "float32", chunks=(1024, 1024))


def packed_bomb(file, folder):
    without_kernel(file).create_dataset(
        "0", data=np.zeros(2**25, "float32"), chunks=(2**20,), compression="gzip"
    )


def giant_piece(file, folder):
    without_kernel(file).create_dataset(
        "0", (3, 2), "float32", chunks=(30000, 30000), maxshape=(None,) * 2
    )


def piece_that_unpacks_to_more(file, folder):
    import zlib

    made = without_kernel(file).create_dataset(
        "0", (3, 2), "float32", chunks=(3, 2), compression="gzip"
    )
    made.id.write_direct_chunk((0, 0), zlib.compress(bytes(2**28)))


def packed_twice(file, folder):
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_chunk((3, 2))
    properties.set_deflate(9)
    properties.set_filter(1, 0, (9,))
    space = h5py.h5s.create_simple((3, 2))
    h5py.h5d.create(without_kernel(file).id, b"0", h5py.h5t.IEEE_F32LE, space, properties)


def filter_of_ones_own(file, folder):
    made = without_kernel(file).create_dataset(
        "0", (3, 2), "float32", chunks=(3, 2), compression="lzf"
    )
    made[:] = 1


def object_references(file, folder):
    group = without_kernel(file)
    made = group.create_dataset("0", (3, 2), h5py.ref_dtype)
    made[0, 0] = group.ref


def lists_of_any_length(file, folder):
    made = without_kernel(file).create_dataset("0", (3,), h5py.vlen_dtype("float32"))
    made[0] = np.ones(5, "float32")


def texts(file, folder):
    without_kernel(file).create_dataset("0", data=np.array([["a", "b"]] * 3, dtype="S1"))


def records(file, folder):
    dtype = np.dtype([("a", "float32"), ("b", "int64")])
    without_kernel(file).create_dataset("0", (3, 2), dtype)


def empty_space(file, folder):
    without_kernel(file).create_dataset("0", data=h5py.Empty("float32"))


def group_for_a_data_set(file, folder):
    without_kernel(file).create_group("0")


def data_set_for_a_group(file, folder):
    file.create_dataset("layers", data=np.ones(3))


def type_for_a_data_set(file, folder):
    without_kernel(file)["0"] = np.dtype("float64")


def other_shape(file, folder):
    without_kernel(file).create_dataset("0", data=np.ones((2, 3), "float32"))


def other_count(file, folder):
    whole(file).create_dataset("2", data=np.ones(2, "float32"))


def unknown_dtype_of_bits(file, folder):
    made = without_kernel(file).create_dataset("0", data=np.ones((3, 2), "float32"))
    made.attrs["dtype"] = "__class__"


def dtype_of_another_kind(file, folder):
    made = without_kernel(file).create_dataset("0", data=np.ones((3, 2), "float32"))
    made.attrs["dtype"] = np.ones(3)


def wrong_checksum(file, folder):
    whole(file)["0"].attrs[hdf5.CHECKSUM] = 5


def checksum_of_another_place(file, folder):
    group = without_kernel(file)
    hdf5.write(file.create_group("other"), "0", np.ones((3, 2), "float32"))
    group["0"] = file["other/0"]


def missing(file, folder):
    without_kernel(file)


def nothing_at_all(file, folder):
    pass


FILES = [
    external_link, external_group, soft_link, soft_group, endless_soft_link, external_storage,
    virtual_storage, virtual_from_itself, shape_bomb, chunked_shape_bomb, packed_bomb, giant_piece,
    piece_that_unpacks_to_more, packed_twice, filter_of_ones_own, object_references,
    lists_of_any_length, texts, records, empty_space, group_for_a_data_set, data_set_for_a_group,
    type_for_a_data_set, other_shape, other_count, unknown_dtype_of_bits, dtype_of_another_kind,
    wrong_checksum, checksum_of_another_place, missing, nothing_at_all,
]  # fmt: skip


@pytest.fixture
def model():
    made = kerasette.Sequential([kerasette.Input((3,)), layers.Dense(2, name="dense")])
    made.save_weights  # noqa: B018 - the module is loaded before the files come
    kerasette.saving.save_weights  # noqa: B018
    return made


@pytest.mark.parametrize("make", FILES, ids=lambda make: make.__name__)
@pytest.mark.parametrize("skip_mismatch", [False, True])
def test_weights_are_refused(make, skip_mismatch, model, tmp_path):
    inside = tmp_path / "inside"
    inside.mkdir()
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["secret"] = np.full((3, 2), 42.0, "float32")
        file.create_group("dense/vars")["0"] = np.full((3, 2), 42.0, "float32")
    (tmp_path / "secret.bin").write_bytes(np.full((3, 2), 42.0, "float32").tobytes())
    path = inside / "hostile.weights.h5"
    with h5py.File(path, "w") as file:
        make(file, tmp_path)
    before = [np.array(value) for value in model.get_weights()]
    mismatch = (other_shape, other_count, missing, nothing_at_all)
    if not skip_mismatch or make not in mismatch:
        said = refusal(
            lambda: model.load_weights(path, skip_mismatch=skip_mismatch), inside, REFUSED
        )
        assert "hostile.weights.h5" in said, said
    else:
        with pytest.warns(UserWarning, match="do not fit"):
            model.load_weights(path, skip_mismatch=True)
    for value, kept in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(value, kept)


def legacy(file, **attributes):
    group = file.create_group("model_weights")
    group.attrs["layer_names"] = np.array([b"dense"])
    own = group.create_group("dense")
    own.attrs["weight_names"] = np.array([b"dense/kernel", b"dense/bias"])
    own.create_dataset("dense/kernel", data=np.ones((3, 2), "float32"))
    own.create_dataset("dense/bias", data=np.ones(2, "float32"))
    return group


def names_that_climb(group):
    group["dense"].attrs["weight_names"] = np.array([b"../../secret", b"dense/bias"])


def absolute_names(group):
    group["dense"].attrs["weight_names"] = np.array([b"/model_weights/dense/dense/kernel", b""])


def layer_names_that_climb(group):
    group.attrs["layer_names"] = np.array([b"../model_weights/dense"])


def names_as_numbers(group):
    group["dense"].attrs["weight_names"] = np.arange(2)


def names_as_references(group):
    group.attrs.create("layer_names", [group.ref], dtype=h5py.ref_dtype)


def countless_names(group):
    space = h5py.File("countless", "w", driver="core", backing_store=False, libver="latest")
    space.close()
    del group.attrs["layer_names"]
    group.attrs["layer_names"] = np.array(["x" * 4] * 4097, dtype=h5py.string_dtype())


def other_number_of_layers(group):
    group.attrs["layer_names"] = np.array([b"dense", b"dense"])


def broken_names(group):
    group.attrs["layer_names"] = np.array([b"\xff\xfe"])


LEGACY = [
    names_that_climb, absolute_names, layer_names_that_climb, names_as_numbers,
    names_as_references, countless_names, other_number_of_layers, broken_names,
]  # fmt: skip


@pytest.mark.parametrize("make", LEGACY, ids=lambda make: make.__name__)
def test_older_weights_are_refused(make, model, tmp_path):
    path = tmp_path / "hostile.h5"
    with h5py.File(path, "w", libver="latest") as file:
        make(legacy(file))
    said = refusal(lambda: model.load_weights(path), tmp_path, REFUSED)
    assert "hostile.h5" in said, said


@pytest.mark.parametrize("size", [0, 2**64 - 16, 2**64 - 1, 2**40])
def test_heaps_without_an_end_are_refused(size, model, tmp_path):
    path = tmp_path / "hostile.weights.h5"
    model.save_weights(path)
    data = bytearray(path.read_bytes())
    heap = data.index(b"GCOL") + 16
    number = 0 if size == 0 else 1
    data[heap : heap + 16] = struct.pack("<HHIQ", number, 1, 0, size)
    path.write_bytes(data)
    said = refusal(lambda: model.load_weights(path), tmp_path, REFUSED)
    assert "heap" in said, said


def _changed(data, place, layout, *numbers):
    struct.pack_into(layout, data, place, *numbers)


def names_in_a_circle(data):
    heap = data.index(b"HEAP\0") + 8
    _, free, at = struct.unpack_from("<QQQ", data, heap)
    _changed(data, at + free, "<Q", free)


def lengths_of_32_bits(data):
    data[14] = 4


def group_below_itself(data):
    tree = data.index(b"TREE\0")
    _changed(data, tree + 5, "<BH", 1, 1)
    _changed(data, tree + 32, "<Q", tree)


def group_of_one_node_many_times(data):
    first = data.index(b"TREE\0")
    second = data.index(b"TREE\0", first + 1)
    _changed(data, first + 5, "<BH", 1, 2)
    _changed(data, first + 32, "<QQQ", second, 0, second)


def pieces_below_themselves(data):
    tree = data.index(b"TREE\1\1")
    _changed(data, tree + 24 + 8 + 24, "<Q", tree)


def pieces_of_one_node_many_times(data):
    tree = data.index(b"TREE\1\1") + 24 + 8 + 24
    _changed(data, tree + 40, "<Q", struct.unpack_from("<Q", data, tree)[0])


def pieces_in_older_words(data):
    """The layout as version 1 has it, which goes on into what follows."""
    tree = data.index(b"TREE\1\1")
    at = data.index(b"\3\2\3" + struct.pack("<Q", tree))
    data[at - 5 : at + 3] = b"\1\3\2\0\0\0\0\0"
    _changed(data, tree + 24 + 8 + 24, "<Q", tree)


TREES = [
    names_in_a_circle, lengths_of_32_bits, group_below_itself, group_of_one_node_many_times,
    pieces_below_themselves, pieces_of_one_node_many_times, pieces_in_older_words,
]  # fmt: skip


def _many_pieces(path, **how):
    with h5py.File(path, "w", **how) as file:
        file.create_dataset("pieces", data=np.arange(1600.0).reshape(40, 40), chunks=(4, 4))
        for number in range(300):
            file.create_group(f"group{number}")
    return path


@pytest.mark.parametrize("make", TREES, ids=lambda make: make.__name__)
@pytest.mark.parametrize("userblock", [0, 512])
def test_files_that_would_end_the_process_are_refused(make, userblock, tmp_path):
    path = _many_pieces(tmp_path / "hostile.h5", userblock_size=userblock)
    data = path.read_bytes()
    changed = bytearray(data[userblock:])
    make(changed)
    path.write_bytes(data[:userblock] + changed)

    def read():
        with hdf5.open_file(path) as file:
            hdf5.read(file, "pieces")

    assert "hostile.h5" in refusal(read, tmp_path, REFUSED)


def test_newer_trees_of_countless_levels_are_refused(tmp_path):
    path = tmp_path / "hostile.h5"
    with h5py.File(path, "w", libver="latest") as file:
        for number in range(30):
            file.create_group(f"group{number}")
    with hdf5.open_file(path) as file:
        assert len(hdf5.names(file)) == 30
    data = bytearray(path.read_bytes())
    _changed(data, data.index(b"BTHD") + 12, "<H", 5000)
    path.write_bytes(data)
    said = refusal(lambda: hdf5.open_file(path).close(), tmp_path, REFUSED)
    assert "5000 levels" in said, said


@pytest.mark.parametrize("libver", ["earliest", "v108", "latest"])
@pytest.mark.parametrize("shape", ["one", "list", "dense"])
def test_texts_that_are_longer_than_the_file_are_refused(libver, shape, tmp_path):
    path = tmp_path / "hostile.h5"
    text = "a" * 7777
    with h5py.File(path, "w", libver=libver, userblock_size=512) as file:
        for number in range(20 if shape == "dense" else 0):
            file.attrs[f"other{number}"] = "b" * 30
        file.attrs["texts"] = ["b", text] if shape == "list" else text
    with hdf5.open_file(path) as file:
        found = hdf5.texts(file, "texts") if shape == "list" else [hdf5.text(file, "texts")]
    assert found[-1] == text
    data = bytearray(path.read_bytes())
    heaps = [place - 512 for place in range(len(data)) if data[place : place + 4] == b"GCOL"]
    at = max(data.rfind(struct.pack("<IQ", 7777, heap)) for heap in heaps)
    _changed(data, at, "<I", 2**32 - 5)
    path.write_bytes(data)
    said = refusal(lambda: hdf5.open_file(path).close(), tmp_path, REFUSED)
    assert "4294967291 bytes" in said, said


def test_attributes_that_cannot_be_looked_through_are_refused(tmp_path):
    path = tmp_path / "hostile.h5"
    with h5py.File(path, "w", libver="latest") as file:
        file["kind"] = h5py.string_dtype()
        file.attrs.create("named", "text", dtype=file["kind"])
        file.attrs["n" * 300] = "text"
        file.attrs["wide"] = np.zeros(2**18, "S100")
    with hdf5.open_file(path) as file:
        for name in ("named", "n" * 300, "wide"):
            with pytest.raises(kerasette.errors.FileError, match=r"not read|than any"):
                hdf5.text(file, name)
    data = bytearray(path.read_bytes())
    _changed(data, data.index(b"FRHP") + 7, "<H", 1)
    path.write_bytes(data)
    assert "packed" in refusal(lambda: hdf5.open_file(path).close(), tmp_path, REFUSED)


@pytest.mark.parametrize("how", [{}, {"userblock_size": 1024}, {"libver": "latest"}])
def test_files_of_many_pieces_are_read(how, tmp_path):
    path = _many_pieces(tmp_path / "whole.h5", **how)
    with hdf5.open_file(path) as file:
        assert len(hdf5.names(file)) == 301
        assert hdf5.read(file, "pieces").sum() == np.arange(1600.0).sum()


def test_cut_files_are_refused(model, tmp_path):
    path = tmp_path / "cut.weights.h5"
    model.save_weights(path)
    data = path.read_bytes()
    for size in (0, 1, 8, 100, len(data) // 2, len(data) - 1):
        path.write_bytes(data[:size])
        refusal(lambda: model.load_weights(path), tmp_path, REFUSED)


def test_what_the_door_writes_is_checked_when_it_is_read(tmp_path):
    path = tmp_path / "one.h5"
    value = np.arange(1000, dtype="float32")
    with hdf5.open_file(path, "w") as file:
        hdf5.write(file, "x", value)
    with hdf5.open_file(path) as file:
        np.testing.assert_array_equal(hdf5.read(file, "x"), value)
        start = file["x"].id.get_offset()
    with open(path, "r+b") as raw:
        raw.seek(start + 4)
        raw.write(struct.pack("<f", 7.0))
    assert os.path.getsize(path)
    with hdf5.open_file(path) as file, pytest.raises(kerasette.errors.FileError, match="checksum"):
        hdf5.read(file, "x")
