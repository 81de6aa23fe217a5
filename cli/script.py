"""Running a program written for Keras with kerasette in Keras's place, in this process alone."""

import importlib
import importlib.abc
import importlib.util
import runpy
import sys
import traceback
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

_ALIAS, _REAL = "keras", "kerasette"


class _Alias(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds ``keras`` and what is in it: the module of kerasette itself, under a second name."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname.partition(".")[0] != _ALIAS:
            return None
        real = _REAL + fullname.removeprefix(_ALIAS)
        try:
            if importlib.util.find_spec(real) is None:
                return None
        except ModuleNotFoundError:
            return None
        return ModuleSpec(fullname, self)

    def exec_module(self, module: ModuleType) -> None:
        name = module.__name__
        # The import system hands out what stands in sys.modules when this is done.
        sys.modules[name] = importlib.import_module(_REAL + name.removeprefix(_ALIAS))


def run_script(script: Path, arguments: list[str]) -> int:
    """Run a script as ``python SCRIPT`` would; its exit code.

    An error in it is shown with a traceback that begins in the script.
    """
    alias = _Alias()
    hidden = {name: sys.modules.pop(name) for name in list(sys.modules) if _is_alias(name)}
    argv, path = sys.argv, list(sys.path)
    sys.meta_path.insert(0, alias)
    sys.argv = [str(script), *arguments]
    sys.path.insert(0, str(script.resolve().parent))
    try:
        runpy.run_path(str(script), run_name="__main__")
    except SystemExit as error:
        return _exit_code(error)
    except Exception as error:
        _show(error, script)
        return 1
    finally:
        sys.meta_path.remove(alias)
        sys.argv, sys.path[:] = argv, path
        for name in [name for name in sys.modules if _is_alias(name)]:
            del sys.modules[name]
        sys.modules.update(hidden)
    return 0


def _is_alias(name: str) -> bool:
    return name.partition(".")[0] == _ALIAS


def _exit_code(error: SystemExit) -> int:
    if error.code is None or isinstance(error.code, int):
        return error.code or 0
    print(error.code, file=sys.stderr)
    return 1


def _show(error: Exception, script: Path) -> None:
    """The traceback without the frames that ran the script; none where it could not be read."""
    trace = error.__traceback__
    names = {str(script), str(script.resolve())}
    while trace is not None and trace.tb_frame.f_code.co_filename not in names:
        trace = trace.tb_next
    traceback.print_exception(type(error), error, trace)
