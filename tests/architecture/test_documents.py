"""What the documents show works: programs run, links lead somewhere, versions agree."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import kerasette

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("**/*.md"))]
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def run_python(*arguments, cwd):
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("program", blocks("python"))
def test_program_in_readme_runs(program, tmp_path):
    ran = run_python("-c", program, cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    for name in re.findall(r'save\w*\("([^"]+)"', program):
        assert (tmp_path / name).stat().st_size > 0


@pytest.mark.parametrize("config", blocks("yaml"))
def test_config_in_readme_trains(config, tmp_path):
    (tmp_path / "readme.yaml").write_text(config, encoding="utf-8")
    ran = run_python("-m", "kerasette.cli", "train", "readme.yaml", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert any(path.is_dir() for path in (tmp_path / "runs").iterdir())


def test_readme_has_a_program_and_a_config():
    assert blocks("python") and blocks("yaml")


@pytest.mark.parametrize("script", sorted(set(re.findall(r"sh (scripts/\S+)", README))))
def test_script_in_readme_is_there(script):
    assert (ROOT / script).is_file()


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    links = LINK.findall(document.read_text(encoding="utf-8"))
    local = [link for link in links if "://" not in link]
    assert [link for link in local if not (document.parent / link).exists()] == []


def test_version_stands_in_one_place():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    source = project["tool"]["setuptools"]["dynamic"]["version"]["attr"]
    assert source == "kerasette._version.__version__"
    assert "version" in project["project"]["dynamic"]
    assert re.fullmatch(r"\d+\.\d+\.\d+", kerasette.__version__)


def test_every_dependency_has_its_reason():
    lines = (ROOT / "pyproject.toml").read_text(encoding="utf-8").splitlines()
    requirement = re.compile(r'\s*(?:\w+ = \[)?"[\w.\[\]-]+\s*[><=][^"]*"')
    bare, reason_above = [], False
    for line in lines[lines.index("dependencies = [") : lines.index("[project.scripts]")]:
        if requirement.match(line) and "#" not in line and not reason_above:
            bare.append(line.strip())
        reason_above = line.strip().startswith("#")
    assert bare == []


@pytest.mark.parametrize(
    "script",
    [*sorted(ROOT.glob("scripts/*.py")), *sorted(ROOT.glob("benchmarks/*.py"))],
    ids=lambda path: path.name,
)
def test_script_says_what_it_does(script, tmp_path):
    ran = run_python(script, "--help", cwd=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.startswith("usage:")
