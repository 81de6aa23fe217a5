"""Signpost to the command line, which lies in the repository's top-level folder ``cli/``.

Only a source checkout has this file. An installed kerasette has the folder ``cli/`` itself in this
place (``setup.py`` says so), so that nobody's environment gets a package named
``cli``. Here the same package is loaded, under the same name, from where it lies; ``import
kerasette.cli`` and ``python -m kerasette.cli`` then work without an install.
"""

import importlib.util
import sys
from pathlib import Path

_folder = Path(__file__).resolve().parents[2] / "cli"
_spec = importlib.util.spec_from_file_location(
    __name__, _folder / "__init__.py", submodule_search_locations=[str(_folder)]
)
assert _spec is not None and _spec.loader is not None
# The import system hands out what stands in sys.modules when this file is done.
sys.modules[__name__] = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(sys.modules[__name__])
