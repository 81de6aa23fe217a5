"""IDX files."""

import gzip

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from kerasette.datasets.idx import load_idx_folder, read_idx
from tests.datasets.samples import IDX_CODES, idx_bytes, labels, mnist_arrays, mnist_files, zipped


@settings(max_examples=60, deadline=None)
@given(
    array=arrays.arrays(
        st.sampled_from(sorted(IDX_CODES)),
        arrays.array_shapes(min_dims=1, max_dims=4, min_side=0, max_side=5),
    ),
    packed=st.booleans(),
)
def test_round_trip(tmp_path_factory, array, packed):
    path = tmp_path_factory.mktemp("idx") / "a"
    path.write_bytes(gzip.compress(idx_bytes(array)) if packed else idx_bytes(array))
    result = read_idx(path)
    assert result.dtype == array.dtype and result.dtype.isnative and result.flags.writeable
    np.testing.assert_array_equal(result, array)


GOOD = idx_bytes(np.arange(12, dtype="uint8").reshape(3, 4))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "begins with b'' in place of an IDX header"),
        (b"\0\0\x08", "in place of an IDX header"),
        (b"\0\1" + GOOD[2:], "in place of an IDX header"),
        (b"\0\0\x0a" + GOOD[3:], "in place of an IDX header"),
        (b"PK\3\4" + GOOD, "in place of an IDX header"),
        (GOOD[:9], "its header is cut short"),
        (GOOD[:-1], r"fewer values than its shape \[3, 4\] asks for"),
        (GOOD + b"x", r"more values than its shape \[3, 4\] asks for"),
        (b"\0\0\x08\x08" + b"\xff" * 32, "fewer values than its shape"),
        (b"\0\0\x0e\xff" + b"\xff" * 1020 + b"x", "fewer values than its shape"),
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_bad_files(tmp_path, content, message, packed):
    (tmp_path / "a").write_bytes(gzip.compress(content) if packed else content)
    with pytest.raises(ValueError, match=message) as raised:
        read_idx(tmp_path / "a")
    assert str(raised.value).startswith(f"{tmp_path}/a is no IDX file, or is damaged: ")


@pytest.mark.parametrize("position", [2, 12, 20, -6, -2])
def test_damaged_gzip(tmp_path, position):
    content = bytearray(gzip.compress(idx_bytes(labels(500))))
    content[position] ^= 0xFF
    (tmp_path / "a.gz").write_bytes(content)
    with pytest.raises(ValueError, match=r"is no IDX file, or is damaged"):
        read_idx(tmp_path / "a.gz")


def test_cut_gzip(tmp_path):
    content = gzip.compress(idx_bytes(labels(500)))
    for length in (2, 5, 11, 100, len(content) - 1):
        (tmp_path / "a.gz").write_bytes(content[:length])
        with pytest.raises(ValueError, match=r"is no IDX file, or is damaged"):
            read_idx(tmp_path / "a.gz")


@pytest.mark.parametrize("files", [mnist_files(), mnist_files(dot=True)], ids=["dash", "dot"])
@pytest.mark.parametrize("packed", [False, True])
def test_folder(tmp_path, files, packed):
    for name, content in (zipped(files) if packed else files).items():
        (tmp_path / name).write_bytes(content)
    train, test = load_idx_folder(tmp_path)
    for result, expected in zip((*train, *test), mnist_arrays().values(), strict=True):
        np.testing.assert_array_equal(result, expected)


def test_folder_without_a_file(tmp_path):
    files = mnist_files()
    del files["t10k-labels-idx1-ubyte"]
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(FileNotFoundError, match=r"has no file t10k-labels-idx1-ubyte or .*\.gz"):
        load_idx_folder(tmp_path)


def test_lengths_must_agree(tmp_path):
    files = {**mnist_files(), "train-labels-idx1-ubyte": idx_bytes(labels(5))}
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=r"x has the shape \(6, 28, 28\) and y \(5,\)"):
        load_idx_folder(tmp_path)
