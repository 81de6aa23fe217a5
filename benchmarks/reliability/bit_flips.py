"""Flips bits of files, cuts them, and loses, doubles or zeroes parts: what is read must be right.

    python benchmarks/reliability/bit_flips.py
    python benchmarks/reliability/bit_flips.py --count 10000 --kind weights --seed 3

For each kind of file: how many damaged ones were refused, how many read as if they were whole
(the damage was where nothing lies), and how many read without a part of them, with a warning. One
that is read wrongly without a word, another error than a refusal, a crash or a hang ends the run.
"""

import argparse
import faulthandler
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.saving.hostile.kinds import KINDS, try_damaged


def main() -> None:
    parser = argparse.ArgumentParser(description="Damages files at random and reads them.")
    parser.add_argument("--count", type=int, default=1000, help="files of each kind")
    parser.add_argument("--kind", choices=list(KINDS), action="append", help="only these kinds")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    faulthandler.enable()
    print("| file | refused | as if whole | in part, with a warning | seconds |")
    print("|---|---|---|---|---|")
    for name in options.kind or KINDS:
        begin = time.perf_counter()
        faulthandler.dump_traceback_later(30 + options.count, exit=True)
        with tempfile.TemporaryDirectory() as folder:
            found = try_damaged(KINDS[name], Path(folder), options.count, options.seed)
        faulthandler.cancel_dump_traceback_later()
        took = time.perf_counter() - begin
        counts = " | ".join(str(found[key]) for key in ("refused", "same", "warned"))
        print(f"| {name} | {counts} | {took:.0f} |", flush=True)


if __name__ == "__main__":
    main()
