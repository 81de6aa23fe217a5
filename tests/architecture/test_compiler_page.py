"""docs/compiler.md shows what its program prints."""

import re
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "docs" / "compiler.md"


def test_graphs_are_those_of_the_program():
    text = PAGE.read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(.*?)```", text, flags=re.DOTALL)
    traced, improved = re.findall(r"```text\n(.*?)```", text, flags=re.DOTALL)
    space: dict = {}
    exec(compile(program.split("for name")[0], str(PAGE), "exec"), space)
    stages = space["step"].stages(space["x"], space["y"])
    assert str(stages["traced"]) == traced.rstrip()
    assert str(list(stages.values())[-1]).startswith(improved.rstrip())


def test_every_pass_is_told_of():
    text = PAGE.read_text(encoding="utf-8")
    folder = PAGE.parents[1] / "kerasette" / "graph" / "passes"
    names = {path.stem for path in folder.glob("*.py")} - {"__init__"}
    assert {name for name in names if f"`{name}`" not in text} == set()
