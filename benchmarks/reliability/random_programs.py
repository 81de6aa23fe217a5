"""Random programs, compiled and eager: ``python benchmarks/reliability/random_programs.py``.

Chains of elementwise operations, reductions and softmax over shapes at which kernels take other
ways, half of them with gradients, on 1, 2 or 3 threads. Prints those whose values differ by more
than rounding, and fails if there are any.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.kernels.programs import differs


def main() -> int:
    """Run them."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--programs", type=int, default=500)
    parser.add_argument("--first", type=int, default=0)
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.programs)
    found = [told for told in map(differs, seeds) if told is not None]
    print("\n".join(found))
    print(f"{options.programs} programs, {len(found)} of them with other values when compiled")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
