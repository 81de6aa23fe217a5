"""The rules of the house, each a function from a checkout's root to a list of violations.

A violation is one sentence that begins with the path of the offending file. The rules read the
sources with ``ast`` and import nothing, so that they also hold for modules that cannot be imported
on the machine at hand.
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# What stands on which floor; docs/architecture.md draws it. A module imports from its own floor and
# from those below, never from above. `kerasette/__init__.py` is the roof: it sees everything.
FLOORS: dict[int, str] = {
    0: "_version errors registry declared tree",
    1: "arrays",
    2: "core",
    3: "ops",
    4: "graph kernels",
    5: "activations initializers regularizers constraints losses metrics optimizers random"
    " quantizers dtype_policies saving",
    6: "layers",
    7: "data datasets callbacks training utils distribution",
    8: "models applications wrappers export distillation backend config mixed_precision"
    " preprocessing visualization",
}
ROOF = 9
FLOOR_OF = {unit: floor for floor, units in FLOORS.items() for unit in units.split()}

CUPY_HOMES = ("kerasette/arrays/", "kerasette/kernels/gpu/")
DEVICE_HOMES = tuple(f"kerasette/{home}/" for home in ("arrays", "core", "graph", "kernels"))
LONGEST_FILE = 500
COMMAND_LINE = "kerasette.cli"


@dataclass(frozen=True)
class Import:
    """One import statement's target: a module or package of the checkout, by its full name."""

    line: int
    target: str
    lazy: bool  # inside a function: carried out when that runs, not when the module loads


class Source:
    """One module: its name, its path from the root, its syntax tree."""

    def __init__(self, root: Path, path: Path, name: str) -> None:
        self.path = path.relative_to(root).as_posix()
        self.name = name
        self.is_package = path.name == "__init__.py"
        self.text = path.read_text(encoding="utf-8")
        self.tree = ast.parse(self.text, self.path)

    def absolute(self, node: ast.ImportFrom) -> str:
        """The full name of the module that ``from ... import`` reads."""
        if not node.level:
            return node.module or ""
        package = self.name.split(".")
        package = package[: len(package) - node.level + self.is_package]
        return ".".join([*package, node.module] if node.module else package)


@cache
def _sources(root: Path) -> Mapping[str, Source]:
    sources = {}
    for folder, package in ((root / "kerasette", "kerasette"), (root / "cli", COMMAND_LINE)):
        for path in sorted(folder.rglob("*.py")):
            parts = path.relative_to(folder).with_suffix("").parts
            if package == "kerasette" and parts[0] == "cli":
                continue  # the signpost to cli/, replaced by it in an install
            name = ".".join([package, *parts]).removesuffix(".__init__")
            sources[name] = Source(root, path, name)
    return sources


def _statements(tree: ast.AST, lazy: bool = False) -> Iterator[tuple[ast.AST, bool]]:
    """Every node with whether it stands inside a function; ``if TYPE_CHECKING:`` left out."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from ((inner, lazy) for branch in node.orelse for inner in ast.walk(branch))
            continue
        yield node, lazy
        inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        yield from _statements(node, lazy or inside)


def _imports(source: Source, sources: Mapping[str, Source]) -> list[Import]:
    found = []
    for node, lazy in _statements(source.tree):
        if isinstance(node, ast.Import):
            found += [Import(node.lineno, alias.name, lazy) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = source.absolute(node)
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                is_module = inner in sources or (module == "kerasette" and _unit(inner) in FLOOR_OF)
                found.append(Import(node.lineno, inner if is_module else module, lazy))
    return found


def _unit(name: str) -> str:
    """The part of the house that a module belongs to: the folder or file right under kerasette."""
    return ([*name.split("."), ""])[1]


def _floor(name: str) -> int:
    return FLOOR_OF[_unit(name)] if _unit(name) else ROOF


def _is_ours(target: str) -> bool:
    return target.split(".")[0] == "kerasette"


def unknown_units(root: Path) -> list[str]:
    """Folders and files right under kerasette that stand on no floor."""
    found = {_unit(name): source for name, source in _sources(root).items() if _unit(name)}
    return [
        f"{source.path}: '{unit}' stands on no floor; give it one, here and in docs/architecture.md"
        for unit, source in found.items()
        if unit not in FLOOR_OF and unit != "cli"
    ]


def upward_imports(root: Path) -> list[str]:
    """Imports from a higher floor, also those inside functions."""
    sources = _sources(root)
    problems = []
    for name, source in sources.items():
        unit = _unit(name)
        if unit == "cli" or (unit and unit not in FLOOR_OF):
            continue
        for found in _imports(source, sources):
            if not _is_ours(found.target):
                continue
            target = _unit(found.target)
            if target == "cli":
                problems.append(f"{source.path}:{found.line}: imports the command line")
            elif target and target not in FLOOR_OF:
                problems.append(f"{source.path}:{found.line}: imports the unknown {found.target}")
            elif _floor(found.target) > _floor(name):
                problems.append(
                    f"{source.path}:{found.line}: floor {_floor(name)} imports {found.target} from"
                    f" floor {_floor(found.target)}"
                )
    return problems


def import_cycles(root: Path) -> list[str]:
    """Circles of modules that need each other while they load."""
    sources = _sources(root)
    needs = {
        name: [
            found.target
            for found in _imports(source, sources)
            if not found.lazy and found.target in sources and found.target != name
        ]
        for name, source in sources.items()
    }
    problems, done = [], set()

    def visit(name: str, way: list[str]) -> None:
        if name in way:
            circle = [*way[way.index(name) :], name]
            problems.append(f"{sources[name].path}: import cycle {' -> '.join(circle)}")
        elif name not in done:
            for target in needs[name]:
                visit(target, [*way, name])
            done.add(name)

    for name in needs:
        visit(name, [])
    return problems


def _names_cupy(node: ast.AST) -> bool:
    match node:
        case ast.Import(names=names):
            return any(alias.name.split(".")[0] == "cupy" for alias in names)
        case ast.ImportFrom(module=str(module), level=0):
            return module.split(".")[0] == "cupy"
        case ast.Name(id=text) | ast.Attribute(attr=text) | ast.Constant(value=str(text)):
            return text == "cupy" or (text.startswith("cupy.") and " " not in text)
    return False


def cupy_outside_its_homes(root: Path) -> list[str]:
    """Code that imports or names cupy elsewhere than in arrays/ and kernels/gpu/; prose may."""
    return [
        f"{source.path}:{node.lineno}: names cupy"
        for source in _sources(root).values()
        if not source.path.startswith(CUPY_HOMES)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.stmt | ast.expr) and _names_cupy(node)
    ]


def device_branches(root: Path) -> list[str]:
    """Comparisons with a device's name above core and compiler: one code serves all devices."""
    return [
        f"{source.path}:{node.lineno}: asks which device it is on"
        for source in _sources(root).values()
        if not source.path.startswith(DEVICE_HOMES)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Compare)
        and any(_names_device(side) for side in (node.left, *node.comparators))
    ]


def _names_device(node: ast.expr) -> bool:
    text = node.value if isinstance(node, ast.Constant) else None
    return isinstance(text, str) and text.partition(":")[0] in ("cpu", "gpu", "cuda")


def long_files(root: Path, reasons: Mapping[str, str]) -> list[str]:
    """Files over 500 lines without a reason, and reasons without a file that needs one."""
    lengths = {source.path: source.text.count("\n") for source in _sources(root).values()}
    problems = [
        f"{path}: {length} lines; split it, or give a reason in LONG_FILES"
        for path, length in lengths.items()
        if length > LONGEST_FILE and not reasons.get(path)
    ]
    return problems + [
        f"{path}: has a reason in LONG_FILES, and needs none"
        for path in reasons
        if lengths.get(path, 0) <= LONGEST_FILE
    ]


def absolute_imports_in_command_line(root: Path) -> list[str]:
    """Modules of cli/ that import one another by a full name, which differs with the install."""
    sources = _sources(root)
    return [
        f"{source.path}:{node.lineno}: imports {name}; cli/ imports its own modules relatively"
        for module, source in sources.items()
        if _unit(module) == "cli"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and not node.level)
        for name in _written_names(node)
        if name.split(".")[0] == "cli" or name.startswith(COMMAND_LINE)
    ]


def _written_names(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [f"{node.module}.{alias.name}" for alias in node.names]


def modules_named_like_exports(root: Path) -> list[str]:
    """Modules whose package exports something else under their name: an import would replace it."""
    sources = _sources(root)
    problems = []
    for package in (source for source in sources.values() if source.is_package):
        for node in package.tree.body:
            exported: list[str] = []
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                exported = [node.name]
            elif isinstance(node, ast.ImportFrom):
                module = package.absolute(node)
                exported = [
                    alias.asname or alias.name
                    for alias in node.names
                    if f"{module}.{alias.name}" not in sources
                ]
            problems += [
                f"{package.path}:{node.lineno}: exports '{name}', which is also the module"
                f" {sources[f'{package.name}.{name}'].path}"
                for name in exported
                if f"{package.name}.{name}" in sources
            ]
    return problems


def folders_that_would_not_ship(root: Path) -> list[str]:
    """Folders with modules that the package finder of ``setup.py`` does not see."""
    paths = [Path(source.path) for source in _sources(root).values()]
    return [
        f"{path.as_posix()}: {folder.as_posix()}/ has no __init__.py"
        for path in paths
        for folder in path.parents[:-1]
        if not (root / folder / "__init__.py").exists()
    ]
