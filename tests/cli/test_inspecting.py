"""Inspecting files that lie, are damaged, or ask for too much: one sentence, and little memory."""

import json
import struct
import tracemalloc
import zipfile

import numpy as np
import pytest
from kerasette.cli.main import run


def archive(path, **members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name.replace("__", "."), content)


def header(shape):
    text = f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}".encode().ljust(117)
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", 118) + text + b"\n"


CONFIGS = {
    "no_json": "{not json",
    "a list": "[1, 2]",
    "very deep": "[" * 100_000 + "]" * 100_000,
    "wrong types": json.dumps({"class_name": 5, "config": {"layers": [5, {"config": 7}]}}),
    "layers as a mapping": json.dumps({"class_name": "S", "config": {"layers": {"a": 1}}}),
    "too large": " " * 100_000_000,
}


@pytest.mark.parametrize("name", CONFIGS)
def test_configs_that_are_none(folder, capsys, name):
    archive(folder / "a.keras", config__json=CONFIGS[name])
    assert run(["inspect", "a.keras"]) == 4
    err = capsys.readouterr().err
    assert err.startswith("Error: a.keras cannot be inspected: ") and err.count("\n") == 1


@pytest.mark.parametrize("content", [b"", b"hello", b"\0" * 100, b"PK\x03\x04cut", b"\x93NUMPY"])
@pytest.mark.parametrize("suffix", [".keras", ".h5", ".npz", ".state"])
def test_files_of_no_kind(folder, capsys, content, suffix):
    (folder / f"a{suffix}").write_bytes(content)
    assert run(["inspect", f"a{suffix}"]) == 4
    assert "cannot be inspected" in capsys.readouterr().err


def test_archives_of_other_kinds(folder, capsys):
    for name, members in (("empty", {}), ("text", {"a__txt": "x"}), ("arrays", {"a__npy": "x"}),
                          ("state", {"tree__json": "[1]"})):  # fmt: skip
        archive(folder / f"{name}.zip", **members)
        assert run(["inspect", f"{name}.zip"]) == 4
        assert "Traceback" not in capsys.readouterr().err


def test_arrays_are_not_read(folder, capsys):
    """A header may promise any size; objects are named, and never made."""
    archive(folder / "a.npz", huge__npy=header((10**15,)), small__npy=header((2, 3)))
    np.save(folder / "objects.npy", np.array([{}], object))
    tracemalloc.start()
    assert run(["inspect", "a.npz"]) == 0 and run(["inspect", "objects.npy"]) == 0
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    out = capsys.readouterr().out
    assert "1000000000000000" in out and "2x3" in out and "Python objects" in out
    assert peak < 5_000_000


def test_hdf5_that_leads_elsewhere(folder, capsys):
    h5py = pytest.importorskip("h5py")
    with h5py.File(folder / "links.h5", "w") as file:
        file["away"] = h5py.ExternalLink("/etc/passwd", "/")
        file["soft"] = h5py.SoftLink("/nowhere")
        file["whole"] = np.zeros(3)
    assert run(["inspect", "links.h5"]) == 0
    out = capsys.readouterr().out
    assert out.count("a link, not followed") == 2 and "whole" in out
    with h5py.File(folder / "circle.h5", "w") as file:
        file["again"] = file["/"]
        around = file["/"]
        for _ in range(40):  # a trillion ways to the last one
            made = file.create_group(None)
            around["one"] = around["other"] = made
            around = made
    assert run(["inspect", "circle.h5"]) == 0
    assert capsys.readouterr().out.count("another name of a group") == 41
    with h5py.File(folder / "deep.h5", "w") as file:
        file.create_group("/".join("a" * 200))
    assert run(["inspect", "deep.h5"]) == 4
    assert "more than 100 deep" in capsys.readouterr().err
    with h5py.File(folder / "sparse.h5", "w") as file:
        file.create_dataset("a", shape=(10**13,), chunks=True, dtype="f8")
    assert run(["inspect", "sparse.h5"]) == 0
    assert "72.8 TiB" in capsys.readouterr().out


def test_names_cannot_drive_the_terminal(folder, capsys):
    layer = {"class_name": "De\x1b[2Jnse", "config": {"name": "x\x1b[H", "units": "\x1b[5m"}}
    config = {"class_name": "S\x1b[31m", "config": {"name": "a\x07\nb", "layers": [layer]}}
    archive(folder / "a.keras", config__json=json.dumps(config),
            metadata__json=json.dumps({"keras_version": "\x1b[41m"}))  # fmt: skip
    assert run(["inspect", "a.keras"]) == 0
    out = capsys.readouterr().out
    assert all(c.isprintable() or c == "\n" for c in out)
    assert "x\\x1b[H" in out and "a\\x07\\nb" in out
