"""Config files: three formats, the same values, and where each value stands."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kerasette.cli.config import dotted
from kerasette.cli.config.dump import to_yaml
from kerasette.cli.config.nodes import find, leaves, plain
from kerasette.cli.config.problems import ConfigError
from kerasette.cli.config.read import read_file
from kerasette.cli.errors import UsageProblem

YAML = """\
# a comment
version: 1
data:
  type: digits
  scale: 1/16
  reshape: [8, 8, 1]
model:
  layers:
    - {type: Conv2D, filters: 8}
    - Flatten
    - type: Dense
      units: 10
compile:
  optimizer: {type: Adam, learning_rate: 1e-3}
on: off
"""
TOML = """\
# a comment
version = 1
on = "off"
[data]
type = "digits"
scale = "1/16"
reshape = [
  8, 8,  # height and width
  1,
]
[model]
layers = [
  {type = "Conv2D", filters = 8},
  "Flatten",
  {type = "Dense", units = 10},
]
[compile]
optimizer.type = "Adam"
optimizer.learning_rate = 1e-3
"""
JSON = """\
{
  "version": 1, "on": "off",
  "data": {"type": "digits", "scale": "1/16", "reshape": [8, 8, 1]},
  "model": {"layers": [{"type": "Conv2D", "filters": 8}, "Flatten",
                       {"type": "Dense", "units": 10}]},
\t"compile": {"optimizer": {"type": "Adam", "learning_rate": 1e-3}}
}
"""
VALUES = {
    "version": 1,
    "on": "off",
    "data": {"type": "digits", "scale": "1/16", "reshape": [8, 8, 1]},
    "model": {
        "layers": [{"type": "Conv2D", "filters": 8}, "Flatten", {"type": "Dense", "units": 10}]
    },
    "compile": {"optimizer": {"type": "Adam", "learning_rate": 0.001}},
}


@pytest.fixture
def read(tmp_path):
    def read_text(text, suffix=".yaml"):
        path = tmp_path / f"config{suffix}"
        path.write_text(text, encoding="utf-8")
        return read_file(path, path.name)

    return read_text


@pytest.mark.parametrize(("suffix", "text"), [(".yaml", YAML), (".toml", TOML), (".json", JSON)])
def test_same_values_from_every_format(read, suffix, text):
    assert plain(read(text, suffix)) == VALUES


@pytest.mark.parametrize(("suffix", "text"), [(".yaml", YAML), (".toml", TOML), (".json", JSON)])
def test_place_of_every_value(read, suffix, text):
    """At the place of a value, and at that of its key, the text is the value, and the key."""
    root, lines = read(text, suffix), text.split("\n")
    checked = 0
    for path, value in leaves(VALUES):
        node = find(root, path)
        there = lines[node.place.line - 1][node.place.column - 1 :]
        shown = {0.001: "1e-3"}.get(value, str(value))
        assert there.removeprefix('"').startswith(shown), (path, there)
        if node.key_place is not None and not isinstance(path[-1], int):
            key = lines[node.key_place.line - 1][node.key_place.column - 1 :]
            # `a.b = 1` in TOML: the key stands at the beginning of the whole.
            assert path[-1] in key.split("=")[0].split(":")[0], (path, key)
        checked += 1
    assert checked == 14


def test_tables_of_toml_have_places(read):
    text = (
        '[[callbacks]]\ntype = "A"\n\n[[callbacks]]\ntype = "B"\n[data."a.b".c]\nd = """x\ny"""\n'
    )
    root = read(text, ".toml")
    assert plain(root)["callbacks"] == [{"type": "A"}, {"type": "B"}]
    assert str(find(root, ("callbacks", 1, "type")).place) == "config.toml:5:8"
    assert str(find(root, ("data", "a.b", "c", "d")).place) == "config.toml:7:5"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001), ("1E5", 100000.0), ("0x1F", 31), ("0o17", 15), ("-7", -7), ("on", "on"),
        ("off", "off"), ("yes", "yes"), ("n", "n"), ("true", True), ("False", False), ("~", None),
        ("null", None), ("", None), (".inf", float("inf")), ("-.INF", float("-inf")),
        ("2024-01-02", "2024-01-02"), ("012", 12), ("1:30", "1:30"), ("'1'", "1"),
        ('"a\\tb"', "a\tb"), ("1/255", "1/255"), ("[1, a, {b: 2}]", [1, "a", {"b": 2}]),
    ],
)  # fmt: skip
def test_yaml_is_version_1_2(read, text, value):
    assert plain(read(f"a: {text}"))["a"] == value


def test_aliases_stand_for_what_they_name(read):
    root = read("a: &x {b: 1}\nc: *x\n")
    assert plain(root) == {"a": {"b": 1}, "c": {"b": 1}}


def test_aliases_of_aliases_do_not_explode(read):
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x]"]
    rows += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 8)}]" for i in range(1, 9)]
    with pytest.raises(ConfigError, match="aliases of aliases"):
        read("\n".join(rows))


@pytest.mark.parametrize(
    ("suffix", "text", "said"),
    [
        (".yaml", "a: 1\nb: 2\na: 3", "config.yaml:3:1: a: the key stands twice; the first is in"),
        (".yaml", "a: {b: 1, b: 2}", "config.yaml:1:11: a.b: the key stands twice"),
        (".yaml", "a: [1, 2", "config.yaml:1:9: this is no valid YAML: expected ',' or ']'"),
        (".yaml", "a:\n\tb: 1", "config.yaml:2:1: this is no valid YAML: tabs cannot indent"),
        (".yaml", "a: &x [*x]", "an alias to what it stands in"),
        (".yaml", "a: *x", "found undefined alias 'x'"),
        (".yaml", "a: &x {b: 1}\nc: {<<: *x}", "merge keys (<<) are not part of YAML 1.2"),
        (".yaml", "a: !!python/name:os.system x", "python/name:os.system is not known here"),
        (".yaml", "a: !include x", "the tag !include is not known here"),
        (".yaml", "? [1]\n: 2", "a key must be a plain word"),
        (".yaml", "- 1", "config.yaml:1:1: a config is a mapping of sections"),
        (".yaml", "just text", "config.yaml:1:1: a config is a mapping of sections"),
        (".yaml", "a: 1\n---\nb: 2", "config.yaml:2:1: this is no valid YAML"),
        (".toml", "a = 1\na = 2", "config.toml:2:6: this is no valid TOML: cannot overwrite"),
        (".toml", "a = ", "this is no valid TOML: invalid value"),
        (".toml", "[a", "this is no valid TOML: expected ']'"),
        (".json", '{"a": 1, "a": 2}', "config.json:1:10: a: the key stands twice"),
        (".json", '{"a": 1,}', "config.json:1:9: this is no valid JSON"),
        (".json", "{\n'a': 1}", "config.json:2:1: this is no valid JSON"),
        (".json", "[1]", "config.json:1:1: a config is a mapping of sections"),
    ],
)  # fmt: skip
def test_what_is_no_valid_text(read, suffix, text, said):
    with pytest.raises(ConfigError) as caught:
        read(text, suffix)
    assert said in str(caught.value)


def test_all_duplicate_keys_are_told(read):
    with pytest.raises(ConfigError) as caught:
        read("a: 1\na: 2\nb: {c: 1, c: 2}\n")
    assert len(caught.value.problems) == 2


def test_excerpt_points_at_the_place(read):
    with pytest.raises(ConfigError) as caught:
        read("a:\n  b: 1\n  b: 2")
    assert str(caught.value).splitlines()[-2:] == ["    b: 2", "    ^"]


def test_files_that_cannot_be_read(tmp_path):
    (tmp_path / "digits.yaml").write_text("version: 1")
    (tmp_path / "latin.yaml").write_bytes(b"a: \xe4")
    (tmp_path / "folder.yaml").mkdir()
    for name, said in {
        "digts.yaml": "there is no such config file. Did you mean 'digits.yaml'?",
        "latin.yaml": "is not text in UTF-8",
        "folder.yaml": "is a folder",
        "config.ini": "a config file ends in .yaml, .yml, .toml, .json",
        "no/config.yaml": "There is no folder",
    }.items():
        with pytest.raises(UsageProblem) as caught:
            read_file(tmp_path / name)
        assert said in caught.value.message


def test_byte_order_mark_is_no_text(tmp_path):
    (tmp_path / "a.yaml").write_bytes(b"\xef\xbb\xbfversion: 1\r\nname: x\r\n")
    root = read_file(tmp_path / "a.yaml")
    assert plain(root) == {"version": 1, "name": "x"}
    assert root.value["name"].place.line == 2


def test_paths_are_parsed_and_joined():
    for text, path in {
        "a": ("a",),
        "a.b": ("a", "b"),
        "a[2].b": ("a", 2, "b"),
        'a."b.c"[0]': ("a", "b.c", 0),
        "a[0][-1]": ("a", 0, -1),
    }.items():
        assert dotted.parse(text) == path
        assert dotted.join(path) == text
    for text in ("", ".", "a.", "a..b", "a[", "a[x]", "[0]a", "a b.", ".a", 'a."b'):
        with pytest.raises(ValueError, match="no path such as"):
            dotted.parse(text)


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=12,
)


@settings(max_examples=60, deadline=None)
@given(value=st.dictionaries(st.text(), VALUE))
def test_what_is_dumped_reads_back(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("dump") / "config.yaml"
    path.write_text(to_yaml(value), encoding="utf-8", newline="")
    assert plain(read_file(path)) == value


@settings(max_examples=60, deadline=None)
@given(value=st.dictionaries(st.text(), VALUE))
def test_json_of_any_value_reads_back(tmp_path_factory, value):
    path = tmp_path_factory.mktemp("json") / "config.json"
    path.write_text(json.dumps(value, indent=1), encoding="utf-8")
    assert plain(read_file(path)) == value
