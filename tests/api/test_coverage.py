"""Every public name of Keras is here, with its parameters and members, but what is justified."""

import importlib
import inspect
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import kerasette

IMAGES = "the image layers that draw random transformations are not there yet"
LATER = "not there yet"
OTHERS = "a bridge into another framework, which nothing here answers to"
# What is not there: names or modules, and why. docs/keras-compatibility.md names each of them.
MISSING = {
    "applications": LATER,
    "distillation": LATER,
    "distribution": LATER,
    "export": LATER,
    "visualization": LATER,
    "wrappers": LATER,
    **dict.fromkeys(
        """layers.AugMix layers.AutoContrast layers.ContrastLimitedAdaptiveHistogramEqualization
        layers.CutMix layers.Equalization layers.MaxNumBoundingBoxes layers.MixUp
        layers.RandAugment layers.RandomBrightness layers.RandomColorDegeneration
        layers.RandomColorJitter layers.RandomContrast layers.RandomCrop
        layers.RandomElasticTransform layers.RandomErasing layers.RandomFlip
        layers.RandomGaussianBlur layers.RandomGrayscale layers.RandomHue layers.RandomInvert
        layers.RandomPerspective layers.RandomPosterization layers.RandomRotation
        layers.RandomSaturation layers.RandomSharpness layers.RandomShear layers.RandomTranslation
        layers.RandomZoom layers.Solarization""".split(),
        IMAGES,
    ),
    **dict.fromkeys(
        "layers.TFSMLayer layers.TorchModuleWrapper layers.JaxLayer layers.FlaxLayer".split(),
        OTHERS,
    ),
}
_TRANSFORMS = """lacks .get_random_transformation; lacks .transform_bounding_boxes;
    lacks .transform_labels; lacks .transform_segmentation_masks;
    lacks .transform_single_bounding_box; lacks .transform_single_image;
    lacks .transform_single_label; lacks .transform_single_segmentation_mask"""
# What is there and differs: exactly how, and why.
DIFFERENT = {
    "layers.CenterCrop": (_TRANSFORMS, IMAGES),
    "layers.Resizing": (_TRANSFORMS, IMAGES),
}


class Entry(NamedTuple):
    """A line of ``keras.txt``."""

    name: str
    kind: str
    parameters: dict[str, str | None] | None
    members: tuple[str, ...]


def entries() -> dict[str, Entry]:
    """The names of Keras."""
    found: dict[str, Entry] = {}
    bases: dict[str, tuple[str, ...]] = {"": ()}
    pending = []
    for line in Path(__file__).with_name("keras.txt").read_text().splitlines():
        if line.startswith("{"):
            found[line[1:-1]] = Entry(line[1:-1], "value", None, ())
            continue
        head, mark, tail = line.partition(" < ")
        name = re.match(r"[\w.]+", head)[0]
        parameters = _parameters(head[len(name) :])
        if not mark:
            found[name] = Entry(name, "function", parameters, ())
            continue
        base, _, own = tail.partition(":")
        pending.append((base, Entry(name, "class", parameters, tuple(own.split()))))
        if not base:
            bases[name] = tuple(own.split())
    for base, entry in sorted(pending, key=lambda pair: pair[0] != "layers.Layer"):
        whole = entry._replace(members=(*bases.get(base, ()), *entry.members))
        bases.setdefault(entry.name, whole.members)
        found[entry.name] = whole
    return found


def _parameters(text: str) -> dict[str, str | None] | None:
    if not text:
        return None
    parts, depth, quoted = [""], 0, False
    for letter in text[1:-1]:
        quoted ^= letter == "'"
        depth += (letter in "([{") - (letter in ")]}")
        if letter == "," and not depth and not quoted:
            parts.append("")
        else:
            parts[-1] += letter
    split = (part.strip().partition("=") for part in parts if part.strip())
    return {name: default if mark else None for name, mark, default in split}


def find(dotted: str) -> Any:
    """The object of a public name."""
    found: Any = kerasette
    for part in dotted.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            if not inspect.ismodule(found):
                raise
            found = importlib.import_module(f"{found.__name__}.{part}")
    return found


def difference(entry: Entry) -> str:
    """How the object of this name differs from Keras's; "" where it does not."""
    found = find(entry.name)
    notes = []
    if entry.kind == "class":
        if not inspect.isclass(found):
            return "is no class"
        notes = [f"lacks .{name}" for name in entry.members if not hasattr(found, name)]
        found = found.__init__
    if entry.kind == "function" and not callable(found):
        return "is no function"
    if entry.parameters:
        notes += _unlike(entry.parameters, found)
    return "; ".join(notes)


def _unlike(wanted: dict[str, str | None], function: Any) -> list[str]:
    try:
        given = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return []
    names = [p.name for p in given.values() if p.name != "self" and "VAR_" not in p.kind.name]
    notes = []
    for index, (name, default) in enumerate(wanted.items()):
        if name not in names:
            notes.append(f"lacks {name}")
            continue
        own = given[name].default
        shown = None if own is inspect.Parameter.empty else repr(own)
        if shown != default:
            notes.append(f"{name}={shown} (Keras: {default})")
        elif given[name].kind.name != "KEYWORD_ONLY" and names[index : index + 1] != [name]:
            notes.append(f"{name} out of order")
    extra = [n for n in names[len(wanted) :] if n not in wanted]
    return notes + [f"demands {n}" for n in extra if given[n].default is inspect.Parameter.empty]


ENTRIES = entries()
AREAS = sorted({name.rpartition(".")[0] for name in ENTRIES})


def excused(name: str) -> str:
    """The entry of ``MISSING`` that speaks of a name."""
    return next((key for key in MISSING if name == key or name.startswith(key + ".")), "")


@pytest.mark.parametrize("area", AREAS)
def test_what_keras_has_is_here(area):
    for name, entry in ENTRIES.items():
        if name.rpartition(".")[0] == area and not excused(name):
            expected = " ".join(DIFFERENT.get(name, ("",))[0].split())
            assert difference(entry) == expected, name


def test_what_is_excused_is_missing_indeed():
    for name in MISSING:
        listed = [entry for entry in ENTRIES if excused(entry) == name]
        assert listed, f"Keras has no {name}"
        for entry in listed:
            with pytest.raises((AttributeError, ImportError)):
                find(entry)
                pytest.fail(f"{entry} is there: take it out of MISSING", pytrace=False)


def test_the_page_names_what_is_missing():
    page = (Path(__file__).parents[2] / "docs" / "keras-compatibility.md").read_text()
    for name in (*MISSING, *DIFFERENT):
        assert f"`{name}`" in page, name


def test_the_page_speaks_of_what_exists():
    page = (Path(__file__).parents[2] / "docs" / "keras-compatibility.md").read_text()
    dotted = set(re.findall(r"`([A-Za-z_]+(?:\.\w+)+)`", page))
    assert len(dotted) > 60
    for name in dotted:
        assert excused(name) or find(name) is not None, name


def test_the_comparison_sees_differences():
    entry = ENTRIES["layers.Dense"]
    assert difference(entry) == "" and "enable_lora" in entry.members and "weights" in entry.members
    assert difference(entry._replace(members=("no_such",))) == "lacks .no_such"
    assert difference(entry._replace(parameters={"units": "3"})) == "units=None (Keras: 3)"
    assert "out of order" in difference(entry._replace(parameters={"use_bias": "True"}))
    assert difference(entry._replace(parameters={"many": None})).startswith("lacks many")
