"""Write the files of real Keras that the suite reads: ``python tests/saving/make_fixtures.py``.

Needs Keras (the version in ``VERSION``) and PyTorch; kerasette itself never does. Every row of
``tests/saving/interchange`` becomes a folder of ``data/keras_written.zip``: models in every format,
the rest as ``.keras``, with what Keras itself then gives.
"""

import os
import pathlib
import sys
import tempfile
import zipfile

os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
sys.path.insert(0, str(pathlib.Path(__file__).parents[2]))

from tests.saving.interchange import exchange
from tests.saving.interchange.rows import all_rows

VERSION = "3.15.1"
ARCHIVE = pathlib.Path(__file__).parent / "data" / "keras_written.zip"


def main() -> int:
    """Make the archive; rows that fail are reported, and then nothing is written."""
    import keras

    if keras.__version__ != VERSION or keras.backend.backend() != "torch":
        raise SystemExit(f"Expected Keras {VERSION} on torch. Received: {keras.__version__}")
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        rows = all_rows(keras)
        failed = exchange.write_all(keras, rows, folder)
        for name, why in failed.items():
            print(f"--- {name}\n{why}")
        if failed:
            return 1
        ARCHIVE.parent.mkdir(exist_ok=True)
        with zipfile.ZipFile(ARCHIVE, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
            for row in rows:
                for path in sorted((folder / row.folder).iterdir()):
                    if row.group == "models" or path.suffix != ".h5":
                        _add(archive, path, f"{row.folder}/{path.name}")
    print(f"{len(rows)} rows, {ARCHIVE.stat().st_size} bytes")
    return 0


def _add(archive: zipfile.ZipFile, path: pathlib.Path, name: str) -> None:
    """One file, without its date, so that the same files make the same archive."""
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, path.read_bytes())


if __name__ == "__main__":
    sys.exit(main())
