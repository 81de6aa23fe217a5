"""The rules of the house hold for this checkout, and each rule finds what breaks it."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture import source_rules as rules

ROOT = Path(__file__).resolve().parents[2]

# Path of a file over 500 lines -> why it is one file. Tests are not looked at.
LONG_FILES: dict[str, str] = {}

RULES = [
    rules.unknown_units,
    rules.upward_imports,
    rules.import_cycles,
    rules.cupy_outside_its_homes,
    rules.device_branches,
    rules.absolute_imports_in_command_line,
    rules.modules_named_like_exports,
    rules.folders_that_would_not_ship,
]

# Loaded when they are first used, not by `import kerasette`: it is to take a blink.
LAZY = ["h5py", "tqdm", "click", "pydantic", "ml_dtypes", "ruamel", "llvmlite", "cupy", "pandas"]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_checkout_keeps_rule(rule):
    assert rule(ROOT) == []


def test_checkout_has_no_long_files():
    assert rules.long_files(ROOT, LONG_FILES) == []


STATEMENTS = ["import kerasette", "from kerasette import layers, losses, metrics, models, ops"]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_import_loads_nothing_heavy(statement):
    script = f"""
{statement}
import sys
assert sys.modules["kerasette"].__version__
print(*[name for name in {LAZY} if name in sys.modules])
"""
    ran = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == []


@pytest.fixture
def house(tmp_path):
    """Write a small checkout from ``{path: text}``, an empty ``__init__.py`` in each folder."""

    def build(files):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            for folder in path.relative_to(tmp_path).parents:
                if folder.parts:
                    (tmp_path / folder / "__init__.py").touch()
        return tmp_path

    return build


SOUND = {
    "kerasette/errors.py": "import numpy\n",
    "kerasette/core/tensor.py": "from kerasette import errors\nfrom . import tape\n",
    "kerasette/core/tape.py": "from ..errors import nearest\n",
    "kerasette/ops/__init__.py": "from kerasette.ops.math import tanh\nfrom . import math\n",
    "kerasette/ops/math.py": "import kerasette.core.tensor\n",
    "kerasette/kernels/gpu/math.py": "import cupy\n",
    "kerasette/__init__.py": "from kerasette import ops\n",
    "cli/main.py": "import click, kerasette\nfrom . import options\nfrom .options import width\n",
    "cli/options.py": "from kerasette.errors import nearest\n",
}


def test_sound_house_has_no_violations(house):
    root = house(SOUND)
    assert [problem for rule in RULES for problem in rule(root)] == []
    assert rules.long_files(root, {}) == []


@pytest.mark.parametrize(
    ("rule", "path", "text", "message"),
    [
        (rules.unknown_units, "kerasette/extra.py", "", "'extra' stands on no floor"),
        (
            rules.upward_imports,
            "kerasette/core/up.py",
            "x = 1\nfrom kerasette.ops import add\n",
            "kerasette/core/up.py:2: floor 2 imports kerasette.ops from floor 3",
        ),
        (
            rules.upward_imports,
            "kerasette/arrays/up.py",
            "def late():\n    from ..core import tape\n",
            "kerasette/arrays/up.py:2: floor 1 imports kerasette.core.tape from floor 2",
        ),
        (
            rules.upward_imports,
            "kerasette/layers/up.py",
            "import kerasette\n",
            "floor 6 imports kerasette from floor 9",
        ),
        (
            rules.upward_imports,
            "kerasette/layers/up.py",
            "class Late:\n    def call(self):\n        import kerasette.models.model as model\n",
            "kerasette/layers/up.py:3: floor 6 imports kerasette.models.model from floor 8",
        ),
        (
            rules.upward_imports,
            "kerasette/models/up.py",
            "from kerasette.cli import main\n",
            "imports the command line",
        ),
        (
            rules.upward_imports,
            "kerasette/models/up.py",
            "from kerasette.cellar import wine\n",
            "imports the unknown kerasette.cellar",
        ),
        (
            rules.import_cycles,
            "kerasette/core/tape.py",
            "from .tensor import Tensor\n",
            "import cycle kerasette.core.tensor -> kerasette.core.tape -> kerasette.core.tensor",
        ),
        (
            rules.cupy_outside_its_homes,
            "kerasette/ops/device.py",
            "def late():\n    import cupy.cuda\n",
            "kerasette/ops/device.py:2: names cupy",
        ),
        (
            rules.cupy_outside_its_homes,
            "kerasette/ops/device.py",
            "from cupy import asnumpy\n",
            "names cupy",
        ),
        (
            rules.cupy_outside_its_homes,
            "cli/device.py",
            "import importlib\nimportlib.import_module('cupy.cuda')\n",
            "cli/device.py:2: names cupy",
        ),
        (
            rules.cupy_outside_its_homes,
            "kerasette/ops/device.py",
            "def branch(xp):\n    return xp.__name__ == 'cupy'\n",
            "names cupy",
        ),
        (
            rules.device_branches,
            "kerasette/layers/wide.py",
            "def call(x):\n    return x if x.device == 'cpu:0' else x * 2\n",
            "kerasette/layers/wide.py:2: asks which device it is on",
        ),
        (
            rules.absolute_imports_in_command_line,
            "cli/wrong.py",
            "from cli.options import width\n",
            "cli/wrong.py:1: imports cli.options.width",
        ),
        (
            rules.absolute_imports_in_command_line,
            "cli/wrong.py",
            "from kerasette import cli\n",
            "imports kerasette.cli",
        ),
        (
            rules.absolute_imports_in_command_line,
            "cli/wrong.py",
            "import kerasette.cli.options\n",
            "imports kerasette.cli.options",
        ),
        (
            rules.modules_named_like_exports,
            "kerasette/ops/tanh.py",
            "",
            "exports 'tanh', which is also the module kerasette/ops/tanh.py",
        ),
        (
            rules.modules_named_like_exports,
            "kerasette/core/__init__.py",
            "class tape:\n    pass\n",
            "exports 'tape', which is also the module kerasette/core/tape.py",
        ),
    ],
)
def test_rule_finds_violation(house, rule, path, text, message):
    problems = rule(house({**SOUND, path: text}))
    assert problems and all(problem.startswith(path.split("/")[0]) for problem in problems)
    assert any(message in problem for problem in problems), problems


def test_type_checking_imports_are_free(house):
    text = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import kerasette.models\n"
    root = house({**SOUND, "kerasette/core/typed.py": text})
    assert rules.upward_imports(root) == []


def test_other_branch_of_type_checking_counts(house):
    text = "if TYPE_CHECKING:\n    import numpy\nelse:\n    import kerasette.models\n"
    root = house({**SOUND, "kerasette/core/typed.py": text})
    assert len(rules.upward_imports(root)) == 1


def test_lazy_imports_make_no_cycle(house):
    text = "def late():\n    from .tensor import Tensor\n"
    assert rules.import_cycles(house({**SOUND, "kerasette/core/tape.py": text})) == []


def test_prose_may_name_cupy(house):
    text = '"""The same code runs on cupy arrays."""\n'
    root = house({**SOUND, "kerasette/ops/prose.py": text})
    assert rules.cupy_outside_its_homes(root) == []


def test_long_file_needs_reason_and_reason_needs_long_file(house):
    root = house({**SOUND, "kerasette/ops/long.py": "x = 1\n" * 501})
    assert len(rules.long_files(root, {})) == 1
    assert rules.long_files(root, {"kerasette/ops/long.py": "a table"}) == []
    stale = rules.long_files(root, {"kerasette/ops/long.py": "a table", "kerasette/errors.py": "?"})
    assert len(stale) == 1 and "needs none" in stale[0]


@pytest.mark.parametrize("folder", ["kerasette/layers", "cli/config"])
def test_folder_without_init_would_not_ship(house, folder):
    root = house({**SOUND, f"{folder}/deep/module.py": ""})
    (root / folder / "__init__.py").unlink()
    assert rules.folders_that_would_not_ship(root) == [
        f"{folder}/deep/__init__.py: {folder}/ has no __init__.py",
        f"{folder}/deep/module.py: {folder}/ has no __init__.py",
    ]
