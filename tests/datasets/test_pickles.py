"""Pickles of strangers: arrays come out, and nothing else ever happens."""

import io
import os
import pickle
import struct
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kerasette.datasets.npz import load_npz
from kerasette.datasets.pickles import load_pickle
from tests.datasets.samples import npz_bytes, python2_pickle, ragged


def loaded(content, **keywords):
    return load_pickle(io.BytesIO(content), **keywords)


def pickled(value, protocol=4):
    return pickle.dumps(value, protocol)


@pytest.mark.parametrize("protocol", [3, 4])
@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=dtype).reshape(2, 3)
        for dtype in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", ">i4")
    ]
    + [
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.array([True, False]),
        np.zeros((0, 3)),
        np.array(1.5),
    ],
    ids=str,
)
def test_arrays_of_numbers(array, protocol):
    result = loaded(pickled(array, protocol))
    assert result.dtype == array.dtype and result.flags.writeable
    np.testing.assert_array_equal(result, array)


def test_arrays_of_objects():
    array = ragged([1, 2], [], [3.5, "text"], np.arange(3))
    result = loaded(pickled(array))
    assert result.dtype == object and result.shape == (4,)
    assert result[:3].tolist() == [[1, 2], [], [3.5, "text"]]
    np.testing.assert_array_equal(result[3], np.arange(3))
    square = np.array([[1, "a"], [None, 2]], dtype=object, order="F")
    assert loaded(pickled(square)).tolist() == square.tolist()


def test_python_2_dictionary():
    content = python2_pickle({b"data": np.arange(4, dtype="u1"), b"labels": [1, 2]})
    assert b"_codecs" not in content
    result = loaded(content, encoding="bytes")
    assert result[b"labels"] == [1, 2]
    np.testing.assert_array_equal(result[b"data"], np.arange(4))


class Call:
    """Pickles to a call."""

    def __init__(self, function, *arguments, state=None):
        self.reduced = (function, arguments) if state is None else (function, arguments, state)

    def __reduce__(self):
        return self.reduced


@pytest.mark.parametrize(
    ("value", "asked"),
    [
        (Call(os.mkdir, "evil"), f"{os.name}.mkdir"),
        (Call(eval, "1"), "builtins.eval"),
        (Call(getattr, {}, "keys"), "builtins.getattr"),
        (Call(np.load, "evil"), "numpy.load"),
        (Call(np.lib.format.open_memmap, "evil"), "numpy.lib"),
        (np.float64(1), "numpy._core.multiarray.scalar"),
        (ragged(Call(os.mkdir, "evil")), f"{os.name}.mkdir"),
        ([Call(os.mkdir, "evil")], f"{os.name}.mkdir"),
        (Call, "Call"),
    ],
)
def test_other_names_are_refused(value, asked, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="refused or is damaged: it asks for") as raised:
        loaded(pickled(value))
    assert asked in str(raised.value)
    assert not list(tmp_path.iterdir())


ARRAY = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\n(I0\ntU\x01b\x87R"


def built(shape, dtype, content, fortran=False, call="numpy\ndtype"):
    """A pickle of an array, by hand: the dtype is ``(code, byte order)``."""
    code, order = (struct.pack("<i", len(text)) + text for text in dtype)
    made = b"c" + call.encode() + b"\n(T" + code + b"I0\nI1\nt" + b"R(I3\nT" + order
    made += b"NNNI-1\nI-1\nI0\ntb"
    flag = b"\x88" if fortran else b"\x89"
    return (
        b"\x80\x02"
        + ARRAY
        + b"(I1\n"
        + pickle.dumps(shape, 0)[:-1]
        + made
        + flag
        + content
        + b"tb."
    )


def bytes_content(content):
    return b"T" + struct.pack("<i", len(content)) + content


def test_pickle_by_hand_is_right():
    result = loaded(
        built((2,), (b"i4", b">"), bytes_content(b"\0\0\0\1\0\0\0\2")), encoding="bytes"
    )
    assert result.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (built((1,), (b"O8", b"|"), bytes_content(b"12345678")), "has other content"),
        (built((2,), (b"O8", b"|"), b"]N\x61"), "has other content"),
        (built((1,), (b"i8", b"<"), b"]N\x61"), "numbers has other content"),
        (built((1,), (b"i8", b"<"), b"I1000000000000\n"), "numbers has other content"),
        (built((1,), (b"i8", b"<"), bytes_content(b"1234")), ""),
        (built((2,), (b"i8", b"<"), bytes_content(b"12345678")), "reshape"),
        (built((1,), (b"V8", b"<"), bytes_content(b"12345678")), "the dtype 'V8'"),
        (built((1,), (b"S8", b"|"), bytes_content(b"12345678")), "the dtype 'S8'"),
        (built((1,), (b"M8", b"<"), bytes_content(b"12345678")), "the dtype 'M8'"),
        (built((1,), (b"i8,i8", b"<"), bytes_content(b"12345678")), "the dtype 'i8,i8'"),
        (built((1,), (b"i8", b"x"), bytes_content(b"12345678")), "the dtype"),
        (built((-1,), (b"O8", b"|"), b"]N\x61"), "has other content"),
        (built((1,), (b"i8", b"<"), b"N", call="numpy\nndarray"), "no function"),
    ],
)
def test_arrays_that_lie(content, message):
    with pytest.raises(ValueError, match=f"refused or is damaged.*{message}"):
        loaded(content, encoding="bytes")


@pytest.mark.parametrize(
    "name", [b"numpy\nndarray", b"numpy\ndtype", b"numpy.core.multiarray\n_reconstruct"]
)
@pytest.mark.parametrize(
    "state",
    [b"}U\x01xI1\ns", b"N}U\x01xI1\ns\x86", b"N}U\x0c__setstate__Ns\x86"],
    ids=["attributes", "slots", "setstate"],
)
def test_names_cannot_be_changed(name, state):
    with pytest.raises(ValueError, match=r"it changes a function"):
        loaded(b"\x80\x02c" + name + b"\n" + state + b"b.")
    np.testing.assert_array_equal(loaded(pickled(np.arange(3))), np.arange(3))


def test_array_in_itself():
    nested = ragged(None)
    nested[0] = nested
    with pytest.raises(ValueError, match="hold more than it does"):
        loaded(pickled(nested))


def test_array_named_often_is_made_once():
    inner = ragged(np.zeros(1000))
    for _ in range(60):  # 2 ** 60 if each were made anew
        inner = ragged(inner, inner)
    result = loaded(pickled(inner))
    assert result[0] is result[1]


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_damaged_pickles_give_arrays_or_one_error(data):
    array = data.draw(st.sampled_from([np.arange(5), ragged([1, 2], [3]), np.eye(2, dtype="f4")]))
    content = bytearray(pickled(array, 3))
    for _ in range(data.draw(st.integers(1, 4))):
        position = data.draw(st.integers(0, len(content) - 1))
        content[position] = data.draw(st.integers(0, 255))
    try:
        loaded(bytes(content[: data.draw(st.integers(1, len(content)))]))
    except ValueError as error:
        assert "The pickle was refused or is damaged" in str(error)


def npy_bytes(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def npy_changed(array, old, new):
    """An ``.npz`` file with x, sound but for some bytes of the array's own format."""
    buffer, archive = io.BytesIO(), io.BytesIO()
    np.save(buffer, array)
    assert old in buffer.getvalue()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("x.npy", buffer.getvalue().replace(old, new, 1))
    return archive.getvalue()


def doubled(depth):
    """A tuple of a tuple twice, of a tuple twice, and so on, as a key: counting it takes years."""
    steps = b"\x80\x02K\x00\x85q\x00"
    for number in range(depth):
        steps += b"h%ch%c\x86q%c" % (number, number, number + 1)
    return steps + b"}h%cK\x01s." % depth


@pytest.mark.parametrize(
    "content",
    [
        b"\x80\x02]r\xff\xff\xff\x1f.",  # eight bytes that ask for 8 GB of memo
        b"]p999999999\n.",
        doubled(40),
        b"\x80\x02K\x00\x85(eq\x00h\x00h\x00\x86q\x01}h\x01K\x01s.",  # kept past a list's end
        b"\x80\x02K\x00\x85K\x000q\x00.",  # or by dropping what is above
        b"\x80\x02K\x00\x852\x86.",
        b"\x80\x04\x8f(K\x01\x90.",
        b"\x80\x02K\x01q\x00.",
        b"U\xff",
        b"c\n",
        b"(",
    ],
)
def test_steps_that_the_unpickler_would_not_survive(content):
    with pytest.raises(ValueError, match="refused or is damaged"):
        loaded(content)


def test_one_content_of_many_arrays():
    assert len(loaded(pickled({"a": np.arange(1000.0), "b": np.arange(1000.0)}))) == 2
    content = pickled({f"{i}": SameBytes(bytes(8000)) for i in range(2)})
    with pytest.raises(ValueError, match="hold more than it does"):
        loaded(content)


class SameBytes:
    """An array whose bytes are an object of their own, pickled once for all that have it."""

    kept = None

    def __init__(self, content):
        SameBytes.kept = SameBytes.kept or content

    def __reduce__(self):
        function, arguments, (version, shape, dtype, order, _) = np.arange(1000.0).__reduce__()
        return function, arguments, (version, shape, dtype, order, SameBytes.kept)


class TestNpz:
    def test_arrays_by_name(self, tmp_path):
        arrays = {"x": np.eye(3), "y": ragged([1], [2, 3]), "z": np.asfortranarray(np.ones((2, 3)))}
        (tmp_path / "a.npz").write_bytes(npz_bytes(**arrays))
        x, z, y = load_npz(tmp_path / "a.npz", ("x", "z", "y"))
        np.testing.assert_array_equal(x, arrays["x"])
        np.testing.assert_array_equal(z, arrays["z"])
        assert y.tolist() == [[1], [2, 3]]
        assert x.flags.writeable

    def test_compressed(self, tmp_path):
        np.savez_compressed(tmp_path / "a.npz", x=np.arange(100_000))
        (x,) = load_npz(str(tmp_path / "a.npz"), ["x"])
        np.testing.assert_array_equal(x, np.arange(100_000))

    @pytest.mark.parametrize("packed", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
    def test_packed_more_tightly_than_numpy_does(self, tmp_path, packed):
        with zipfile.ZipFile(tmp_path / "a.npz", "w", packed) as file:
            file.writestr("x.npy", npy_bytes(np.zeros(10**6)))
        assert (tmp_path / "a.npz").stat().st_size < 10**4
        with pytest.raises(ValueError, match=r"a\.npz is damaged.*packed in a way"):
            load_npz(tmp_path / "a.npz", ["x"])

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"no zip", "not a zip file"),
            (npz_bytes(x=np.ones(2)).replace(b"PK\1\2-\3-", b"PK\1\2-\3\xa7"), "version 16"),
            (npz_bytes(y=np.ones(2)), r"it has no array 'x' but \['y'\]"),
            (npz_bytes(x=np.array(["text"])), "has the dtype <U4"),
            (npz_bytes(x=ragged(Call(os.mkdir, "evil"))), "it asks for"),
            (npz_bytes(x=np.ones(10))[:-200], "zip"),
            (npy_changed(np.ones(10), b"(10,)", b"(90,)"), "needs 720 bytes of data"),
            (npy_changed(np.ones(10), b"(10,)", b"(1,) "), "needs 8 bytes of data"),
            (npy_changed(np.ones(10), b"(10,)", b"(-1,)"), "needs -8 bytes of data"),
            (npy_changed(np.ones(10), b"(10,)", b"(1.5)"), "not valid"),
            (npy_changed(np.ones(10), b"NUMPY\x01", b"NUMPY\x09"), r"version \(9, 0\)"),
            (npy_changed(np.ones(10), b"(10,)", b"((((("), "header of its array"),
            (npy_changed(np.ones(10), b"NUMPY", b"OTHER"), "magic"),
            (npy_changed(ragged([1], [2]), b"(2,)", b"(3,)"), "of its header"),
            (npz_bytes(x=np.ones(10)).replace(b"\xf0\x3f", b"\xf1\x3f", 1), "Bad CRC"),
        ],
    )
    def test_bad_files(self, tmp_path, content, message):
        (tmp_path / "a.npz").write_bytes(content)
        with pytest.raises(ValueError, match=message) as raised:
            load_npz(tmp_path / "a.npz", ["x"])
        assert str(raised.value).startswith(f"{tmp_path}/a.npz is damaged or no .npz file")
