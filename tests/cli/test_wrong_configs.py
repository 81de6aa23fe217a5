"""Wrong configs and the messages that they get, as golden text in the folder ``wrong``.

A case there is a title, the arguments after ``kerasette check config.yaml``, the config, and after
a line of dashes what is printed and the exit code::

    == a misspelt key | --set fit.epochs=2
    version: 1
    daat: iris
    --
    Error: ...
    exit 2

What a message takes over from kerasette itself, which may word it otherwise one day, stands there
as ``[...]``.

``KERASETTE_UPDATE=1 pytest tests/cli/test_wrong_configs.py`` writes what is printed now into the
files, to be read before it is committed.
"""

import os
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from kerasette.cli.main import run

WRONG = Path(__file__).parent / "wrong"
CASE = re.compile(
    r"^== (?P<title>[^|\n]*?)(?: \| (?P<arguments>[^\n]*))?\n(?P<body>.*?)(?=^== |\Z)", re.M | re.S
)


def cases_of(file):
    for found in CASE.finditer(file.read_text(encoding="utf-8")):
        config, _, expected = found["body"].partition("\n--\n")
        yield found["title"], found["arguments"] or "", config + "\n", expected.strip("\n")


ALL = [(file.stem, *case) for file in sorted(WRONG.glob("*.txt")) for case in cases_of(file)]


@pytest.fixture
def files(folder):
    """The data files that the configs name."""
    rows = [f"{i},{i % 7},{'rg'[i % 2]},{'ab'[i % 2]}" for i in range(40)]
    (folder / "flowers.csv").write_text("\n".join(["width,height,colour,kind", *rows]))
    (folder / "broken.csv").write_text("a,b\n1,2\n3\n")
    (folder / "empty.csv").write_text("")
    np.savez(folder / "arrays.npz", x=np.zeros((20, 4, 4), "float32"), y=np.arange(20) % 2)
    np.savez(folder / "uneven.npz", x=np.zeros((20, 4), "float32"), y=np.arange(19) % 2)
    (folder / "code.py").write_text("def make(units):\n    return None\n\nclass Mine:\n    pass\n")
    (folder / "failing.py").write_text("x = 1\nraise RuntimeError('no luck')\n")
    (folder / "no_model.keras").write_text("not a model")


def printed(folder, arguments, config, capsys):
    (folder / "config.yaml").write_text(config, encoding="utf-8")
    code = run(["check", "config.yaml", *shlex.split(arguments)])
    text = capsys.readouterr().err.replace(str(folder), "FOLDER").rstrip("\n")
    return f"{text}\nexit {code}"


@pytest.mark.parametrize(("file", "title", "arguments", "config", "expected"), ALL,
                         ids=[f"{case[0]}: {case[1]}" for case in ALL])  # fmt: skip
@pytest.mark.usefixtures("files")
def test_message(folder, capsys, monkeypatch, file, title, arguments, config, expected):
    monkeypatch.setenv("NO_COLOR", "1")
    found = printed(folder, arguments, config, capsys)
    if os.environ.get("KERASETTE_UPDATE") and "[...]" not in expected:
        path = WRONG / f"{file}.txt"
        text = path.read_text(encoding="utf-8")
        head = f"== {title}{f' | {arguments}' if arguments else ''}\n{config}"
        old = f"{head}--\n{expected}\n" if expected else f"{head}--\n"
        assert old in text, old
        path.write_text(text.replace(old, f"{head}--\n{found}\n"), encoding="utf-8")
        return
    pattern = re.escape(expected).replace(re.escape("[...]"), ".*")
    assert re.fullmatch(pattern, found), found


def test_there_are_many():
    assert len(ALL) >= 100
    assert len({case[3] + case[2] for case in ALL}) == len(ALL)
