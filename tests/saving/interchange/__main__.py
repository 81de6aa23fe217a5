"""Write or read the files of all rows: ``python -m tests.saving.interchange write keras FOLDER``.

Prints what failed (write), or the outcome of every file (read), as JSON.
"""

import argparse
import importlib
import json
import os
import pathlib
import sys

os.environ.setdefault("KERAS_BACKEND", "torch")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

from tests.saving.interchange import exchange
from tests.saving.interchange.rows import all_rows


def main() -> None:
    """Do what the arguments say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("task", choices=("write", "read"))
    parser.add_argument("framework", choices=("keras", "kerasette"))
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--only", help="rows whose name has this in it")
    given = parser.parse_args()
    keras = importlib.import_module(given.framework)
    rows = [row for row in all_rows(keras) if (given.only or "") in row.folder]
    work = exchange.write_all if given.task == "write" else exchange.read_all
    json.dump(work(keras, rows, given.folder), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
