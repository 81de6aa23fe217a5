"""Write ``cupy.json``: names, parameters and types of the cupy that is installed.

    python tests/gpu/make_table.py

It needs cupy, and no GPU.
"""

import inspect
import json
import pathlib

import cupy


def entry(value: object) -> dict | None:
    """The parameters of a function, the types of a ufunc; ``None`` for anything else."""
    if isinstance(value, cupy.ufunc):
        return {"types": list(value.types)}
    if not callable(value) or inspect.isclass(value):
        return None
    try:
        parameters = inspect.signature(value).parameters.values()
    except ValueError:
        return {"parameters": None}
    stars = {inspect.Parameter.VAR_POSITIONAL: "*", inspect.Parameter.VAR_KEYWORD: "**"}
    return {"parameters": [stars.get(p.kind, "") + p.name for p in parameters]}


def main() -> None:
    """One line for each name, so that a new version shows as a few changed lines."""
    homes = {
        "": cupy,
        "linalg": cupy.linalg,
        "fft": cupy.fft,
        "lib.stride_tricks": cupy.lib.stride_tricks,
    }
    table: dict = {"version": cupy.__version__, "ndarray": sorted(dir(cupy.ndarray))}
    for place, home in homes.items():
        names = (name for name in sorted(dir(home)) if not name.startswith("_"))
        table[place] = {n: e for n in names if (e := entry(getattr(home, n))) is not None}
    path = pathlib.Path(__file__).with_name("cupy.json")
    path.write_text(json.dumps(table, separators=(",", ":")).replace("},", "},\n") + "\n")


if __name__ == "__main__":
    main()
