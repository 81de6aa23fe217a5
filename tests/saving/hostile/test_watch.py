"""The watch over readers sees what they must not do, and does not see what importing does."""

import os
import pickle
import subprocess
import sys

import numpy as np
import pytest

from tests.saving.hostile.watch import watched


class Gadget:
    def __reduce__(self):
        return os.getpid, ()


DEEDS = {
    "a process": lambda folder: subprocess.run([sys.executable, "--version"], check=False),
    "a shell": lambda folder: os.system("true"),
    "a file elsewhere": lambda folder: (folder.parent / "elsewhere").read_text(),
    "a file written": lambda folder: (folder / "new").write_text("x"),
    "a file removed": lambda folder: (folder / "inside").unlink(),
    "a pickle": lambda folder: pickle.loads(pickle.dumps(Gadget())),
    "code": lambda folder: eval("1 + 1"),
}


@pytest.mark.parametrize("name", DEEDS)
def test_deeds_are_seen(name, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (tmp_path / "elsewhere").write_text("x")
    (folder / "inside").write_text("x")
    with pytest.raises(AssertionError), watched(folder):
        DEEDS[name](folder)


def test_memory_is_seen(tmp_path):
    with pytest.raises(AssertionError, match="bytes were taken"), watched(tmp_path, 2**20):
        np.ones(2**18).sum()


def test_what_is_inside_may_be_read(tmp_path):
    (tmp_path / "inside").write_text("x")
    with watched(tmp_path):
        assert (tmp_path / "inside").read_text() == "x"


@pytest.mark.parametrize("does", ["", "import os; os.system('true')"])
def test_an_import_may_keep_compiled_code_and_its_module_do_nothing(does, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.syspath_prepend(tmp_path / "modules")
    name = f"imported_while_watched_{len(does)}"
    (tmp_path / "modules").mkdir()
    (tmp_path / "modules" / f"{name}.py").write_text(does)
    if does:
        with pytest.raises(AssertionError, match=r"os\.system"), watched(tmp_path):
            __import__(name)
    else:
        with watched(tmp_path / "other"):
            __import__(name)
        assert list((tmp_path / "modules" / "__pycache__").iterdir())
