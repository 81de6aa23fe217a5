"""Files of arrays that lie about what they hold, or are damaged."""

import struct
import zipfile

import numpy as np
import pytest
from kerasette.cli.data.array_files import ArrayFile
from kerasette.cli.errors import CheckpointProblem
from kerasette.cli.inspection import inspect_file


class Refused(Exception):
    pass


def fail(sentence):
    raise Refused(sentence)


def npy(shape, data=b"", descr="<f8"):
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


LIES = {
    "a shape bomb": npy((10**12,)),
    "fewer values than there are": npy((1,), bytes(24)),
    "objects": npy((1,), bytes(8), "|O"),
    "code in place of a header": npy("__import__('os').system('id')"),
    "a header that never ends": npy("(1,), 'x': F(alse"),
    "a header of nothing but brackets": npy("(" * 9000),
    "no header": b"\x93NUMPY",
}


@pytest.mark.parametrize("suffix", [".npy", ".npz"])
@pytest.mark.parametrize("name", LIES)
def test_arrays_that_lie_are_refused(name, suffix, tmp_path):
    path = tmp_path / f"hostile{suffix}"
    if suffix == ".npy":
        path.write_bytes(LIES[name])
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x.npy", LIES[name])
    with pytest.raises(Refused):
        ArrayFile(path, fail).read("x")
    if suffix == ".npz":
        with pytest.raises(Refused):
            list(ArrayFile(path, fail).pieces("x", 1))


@pytest.mark.parametrize("whole", [True, False])
def test_changed_numbers_are_noticed(whole, tmp_path):
    path = tmp_path / "data.npz"
    np.savez(path, x=np.full((64, 4), 0.123456789))
    data = bytearray(path.read_bytes())
    data[data.index(np.float64(0.123456789).tobytes()) + 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(Refused):
        if whole:
            ArrayFile(path, fail).read("x")
        else:
            list(ArrayFile(path, fail).pieces("x", 16))


@pytest.mark.parametrize("packed", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_arrays_packed_more_tightly_than_numpy_does(packed, tmp_path):
    path = tmp_path / "hostile.npz"
    with zipfile.ZipFile(path, "w", packed) as archive:
        archive.writestr("x.npy", npy((10**6,), bytes(8 * 10**6)))
    with pytest.raises(Refused, match="packed in a way"):
        ArrayFile(path, fail)


def test_an_archive_of_a_version_to_come(tmp_path):
    path = tmp_path / "hostile.npz"
    np.savez(path, x=np.ones(2))
    data = path.read_bytes()
    at = data.rindex(b"PK\1\2") + 6  # the version that is needed to unpack it
    path.write_bytes(data[:at] + b"\xa7" + data[at + 1 :])
    with pytest.raises(Refused, match="version 16"):
        ArrayFile(path, fail)
    with pytest.raises(CheckpointProblem, match=r"hostile\.npz cannot be inspected"):
        inspect_file(path)
