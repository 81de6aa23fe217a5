"""Code of the user's own: a Python file, run only because ``--code`` names it."""

import importlib.util
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..errors import UsageProblem

_MODULE = "kerasette_code"


class Code:
    """The classes and functions of a file."""

    def __init__(self, path: Path, names: dict[str, Any]):
        self.path = path
        own = {
            name: value
            for name, value in names.items()
            if getattr(value, "__module__", None) == _MODULE and not name.startswith("_")
        }
        self.classes = {name: value for name, value in own.items() if isinstance(value, type)}
        self.functions: dict[str, Callable[..., Any]] = {
            name: value
            for name, value in own.items()
            if callable(value) and not isinstance(value, type)
        }

    @property
    def objects(self) -> dict[str, Any]:
        """What model files may name while the code is in use."""
        return {**self.classes, **self.functions}


def load_code(path: str | Path | None) -> Code | None:
    """Run a file and take what it defines; ``None`` where none is named.

    Raises ``UsageProblem`` where the file is not there, or fails.
    """
    if path is None:
        return None
    file = Path(path)
    if not file.is_file():
        raise UsageProblem(f"--code {path}: there is no such file.")
    spec = importlib.util.spec_from_file_location(_MODULE, file)
    if spec is None or spec.loader is None:
        raise UsageProblem(f"--code {path}: a file of Python code ends in .py.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[_MODULE] = module
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        line = _line_in(file, error)
        raise UsageProblem(f"--code {path}{line}: {type(error).__name__}: {error}") from error
    return Code(file.resolve(), vars(module))


def _line_in(file: Path, error: BaseException) -> str:
    """``:12``, the line of the file where the error arose."""
    if isinstance(error, SyntaxError):
        return f":{error.lineno}"
    here = file.resolve()
    trace = traceback.extract_tb(error.__traceback__)
    frames = [frame for frame in trace if Path(frame.filename).resolve() == here]
    return f":{frames[-1].lineno}" if frames else ""
