"""Fuzzes the readers of files, guided by what of their code a file reaches.

    pip install atheris
    python benchmarks/reliability/fuzz_readers.py -max_total_time=3600
    python benchmarks/reliability/fuzz_readers.py crash-0123abcd

Options are those of libFuzzer. The first byte of an input chooses the reader, the rest is the file;
descriptions of models are also put into a whole archive, past its checksums, and a state gets one
that fits. A reader may refuse a file (``OSError``, ``ValueError``, ``TypeError``); any other error,
a crash, more than 10 seconds or 1 GB end the run, and leave the input in a file.
"""

import contextlib
import hashlib
import io
import resource
import sys
import tempfile
import time
import warnings
import zipfile
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

with atheris.instrument_imports(include=["kerasette", "zipfile", "json"]):
    import kerasette
    from kerasette.datasets.idx import read_idx
    from kerasette.datasets.npz import load_npz
    from kerasette.datasets.pickles import load_pickle
    from kerasette.saving.state_file import load_state

    kerasette.registry.table("layer")

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
]


def read_one(data: bytes) -> None:
    start = time.process_time()
    if data:
        with contextlib.suppress(*REFUSED), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            READERS[data[0] % len(READERS)](data[1:])
    if time.process_time() - start > SECONDS:  # libFuzzer's own limit is of the wall clock
        raise AssertionError(f"Reading this took more than {SECONDS} seconds of the processor.")
    # libFuzzer looks at the memory once a second, and blames whichever input is read then.
    if resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > MEMORY:
        raise AssertionError(f"Reading this took the process above {MEMORY} kilobytes.")


def write_corpus(folder: Path) -> None:
    """A whole file of each kind, to begin with."""
    numbers = {"keras": 1, "assets": 1, "weights": 2, "legacy": 3, "state": 4, "npz": 5}
    for name, number in numbers.items():
        path = FOLDER / f"seed{KINDS[name].suffix}"
        KINDS[name].write(path)
        (folder / name).write_bytes(bytes([number]) + path.read_bytes())
        if number == 1:
            with zipfile.ZipFile(path) as archive:
                (folder / f"{name}.json").write_bytes(b"\0" + archive.read("config.json"))


def main() -> None:
    corpus = Path(tempfile.mkdtemp(prefix="corpus_"))
    write_corpus(corpus)
    inputs = [] if any(Path(word).is_file() for word in sys.argv[1:]) else [str(corpus)]
    limits = ["-timeout=120", "-rss_limit_mb=2048", "-max_len=65536"]
    atheris.Setup([*sys.argv, *limits, *inputs], read_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
