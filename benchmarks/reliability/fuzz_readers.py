"""Fuzzes the readers of files, guided by what of their code a file reaches.

    pip install atheris
    python benchmarks/reliability/fuzz_readers.py -max_total_time=3600
    python benchmarks/reliability/fuzz_readers.py crash-0123abcd

Options are those of libFuzzer. The first byte of an input chooses the reader, the rest is the file;
descriptions of models are also put into a whole archive, past its checksums, and a state gets one
that fits. A reader may refuse a file (``OSError``, ``ValueError``, ``TypeError``, and the command
line by errors of its own); any other error, a crash, more than 10 seconds or 1 GB end the run, and
leave the input in a file.
"""

import contextlib
import hashlib
import io
import pickle
import resource
import shutil
import sys
import tarfile
import tempfile
import time
import warnings
import zipfile
from pathlib import Path
from typing import NoReturn

import atheris
import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

with atheris.instrument_imports(include=["kerasette", "zipfile", "json"]):
    from kerasette.cli.data.array_files import ArrayFile
    from kerasette.cli.data.png import read_png
    from kerasette.cli.errors import CommandError
    from kerasette.cli.inspection import inspect_file

    import kerasette
    from kerasette.datasets.idx import read_idx
    from kerasette.datasets.npz import load_npz
    from kerasette.datasets.pickles import load_pickle
    from kerasette.saving.state_file import load_state
    from kerasette.utils.archives import unpack

    kerasette.registry.table("layer")

from tests.cli.png_writer import write_png
from tests.saving.hostile.kinds import KINDS, REFUSED, model

FOLDER = Path(tempfile.mkdtemp(prefix="fuzz_"))
MADE = model()
SECONDS = 10
MEMORY = 2**20  # kilobytes; the readers themselves, with all they need, take a tenth of it


def _at(suffix: str, data: bytes) -> Path:
    path = FOLDER / f"file{suffix}"
    path.write_bytes(data)
    return path


def _config(data: bytes) -> None:
    with zipfile.ZipFile(FOLDER / "made.keras", "w") as archive:
        archive.writestr("config.json", data)
        archive.writestr("model.weights.h5", b"")
    kerasette.models.load_model(FOLDER / "made.keras")


def _unpack(data: bytes) -> None:
    folder = FOLDER / "unpacked"
    try:
        unpack(_at(".archive", data), folder, ["tar", "zip"])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _fail(sentence: str) -> NoReturn:
    raise ValueError(sentence)


def _edited(suffix: str, data: bytes) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        kerasette.saving.KerasFileEditor(_at(suffix, data)).summary()


def _arrays(suffix: str, data: bytes) -> None:
    found = ArrayFile(_at(suffix, data), _fail)
    for name in found.names:
        found.read(name)


READERS = [
    _config,
    lambda data: kerasette.models.load_model(_at(".keras", data)),
    lambda data: MADE.load_weights(_at(".weights.h5", data)),
    lambda data: kerasette.models.load_model(_at(".h5", data)),
    lambda data: load_state(_at(".state", data + hashlib.sha256(data).hexdigest().encode())),
    lambda data: load_npz(_at(".npz", data), ("x", "y")),
    lambda data: load_pickle(io.BytesIO(data)),
    lambda data: read_idx(_at(".idx", data)),
    lambda data: MADE.load_weights(_at(".safetensors", data)),
    lambda data: MADE.load_weights(_at(".weights.json", data)),
    lambda data: MADE.load_weights(_at(".h5", data)),
    lambda data: _edited(".weights.h5", data),
    lambda data: _edited(".keras", data),
    lambda data: _arrays(".npz", data),
    lambda data: _arrays(".npy", data),
    lambda data: inspect_file(_at(".any", data)),
    lambda data: read_png(_at(".png", data)),
    _unpack,
]


def read_one(data: bytes) -> None:
    start = time.process_time()
    if data:
        with contextlib.suppress(*REFUSED, CommandError), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            READERS[data[0] % len(READERS)](data[1:])
    if time.process_time() - start > SECONDS:  # libFuzzer's own limit is of the wall clock
        raise AssertionError(f"Reading this took more than {SECONDS} seconds of the processor.")
    # libFuzzer looks at the memory once a second, and blames whichever input is read then.
    if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > MEMORY:
        raise AssertionError(f"Reading this took the process above {MEMORY} kilobytes.")


def write_corpus(folder: Path) -> None:
    """A whole file of each kind, to begin with, for each reader of such files."""
    numbers = {
        "keras": (1, 12, 15), "assets": (1,), "weights": (2, 11, 15), "legacy": (3, 10, 15),
        "state": (4, 15), "npz": (5, 13, 15, 17),
    }  # fmt: skip
    for name, readers in numbers.items():
        path = FOLDER / f"seed{KINDS[name].suffix}"
        KINDS[name].write(path)
        for number in readers:
            _seed(folder, number, path.read_bytes())
        if 1 in readers:
            with zipfile.ZipFile(path) as archive:
                _seed(folder, 0, archive.read("config.json"))
    MADE.save_weights(FOLDER / "seed.safetensors")
    _seed(folder, 8, (FOLDER / "seed.safetensors").read_bytes())
    MADE.save_weights(FOLDER / "file.weights.json", max_shard_size=1)
    _seed(folder, 9, (FOLDER / "file.weights.json").read_bytes())
    _seed(folder, 6, pickle.dumps({"data": np.arange(6).reshape(2, 3), "names": ["a", "b"]}, 4))
    _seed(folder, 7, b"\0\0\x08\x02\0\0\0\x02\0\0\0\x03abcdef")
    np.save(FOLDER / "seed.npy", np.arange(6.0))
    _seed(folder, 14, (FOLDER / "seed.npy").read_bytes())
    write_png(FOLDER / "seed.png", np.arange(48, dtype="uint8").reshape(4, 4, 3))
    _seed(folder, 16, (FOLDER / "seed.png").read_bytes())
    with tarfile.open(FOLDER / "seed.tar", "w") as archive:
        archive.add(FOLDER / "seed.npy", "a/seed.npy")
    _seed(folder, 17, (FOLDER / "seed.tar").read_bytes())


def _seed(folder: Path, number: int, data: bytes) -> None:
    (folder / f"{len(list(folder.iterdir()))}").write_bytes(bytes([number]) + data)


def main() -> None:
    corpus = Path(tempfile.mkdtemp(prefix="corpus_"))
    write_corpus(corpus)
    inputs = [] if any(Path(word).is_file() for word in sys.argv[1:]) else [str(corpus)]
    limits = ["-timeout=120", "-rss_limit_mb=2048", "-max_len=65536"]
    atheris.Setup([*sys.argv, *limits, *inputs], read_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
