"""kerasette against real Keras: the same programs, the results of which ``make.py`` has stored."""

import functools
import json

import pytest

import kerasette
from tests.golden import harness
from tests.golden.cases_configs import text

FAMILIES = harness.families()
NAMES = json.loads((harness.DATA / "names.json").read_text())
CASES = [(family, name) for family, table in FAMILIES.items() for name in table.cases]


golden = functools.cache(harness.stored)


@pytest.mark.parametrize(("family", "name"), CASES, ids=[f"{f}/{n}" for f, n in CASES])
def test_same_as_keras(family: str, name: str) -> None:
    """Outputs, gradients and states: equal types and shapes, values to the tolerance."""
    case = FAMILIES[family].cases[name]
    kerasette.utils.clear_session(free_memory=False)  # names count from the start
    got = harness.pack(case.run(kerasette))
    text = harness.difference(golden(family)[name], got, case.tolerance)
    assert not text, text


CONFIGS = [name for name in FAMILIES["configs"].cases if "(" in name]


@pytest.mark.parametrize("name", CONFIGS, ids=CONFIGS)
def test_reads_what_keras_writes(name: str) -> None:
    """A class takes the configuration that Keras writes for it, and writes it again."""
    path = name.partition("(")[0]
    stored = golden("configs")[name]["config"]
    made = harness.find(kerasette, path).from_config(json.loads(str(stored)))
    again = {"config": text(path.rpartition(".")[2], made.get_config())}
    assert not harness.difference({"config": stored}, again, 0.0)


@pytest.mark.parametrize("family", FAMILIES)
def test_golden_file_is_current(family: str) -> None:
    """The file holds exactly the cases of the table, from one version of Keras."""
    stored = golden(family)
    assert stored.keys() - {""} == FAMILIES[family].cases.keys()
    assert str(stored[""]["version"]) == "3.15.1"


@pytest.mark.parametrize("space", NAMES)
def test_every_public_name_has_a_case(space: str) -> None:
    """A name of Keras without a case needs a reason; a reason for a name that has one is stale."""
    public = {f"{space}.{name}" for name in NAMES[space]}
    covered = {
        name for table in FAMILIES.values() for case in table.cases.values() for name in case.covers
    }
    exempt = {name for table in FAMILIES.values() for name in table.exempt}
    assert public - covered - exempt == set()
    assert exempt & covered == set()


def test_exempt_and_covered_names_exist() -> None:
    """No case and no reason speaks of a name that Keras does not have."""
    public = {f"{space}.{name}" for space, names in NAMES.items() for name in names}
    named = {
        name
        for table in FAMILIES.values()
        for name in [*table.exempt, *(n for case in table.cases.values() for n in case.covers)]
        if name.rpartition(".")[0] in NAMES
    }
    assert named <= public
