"""Objects of a config, ``Flatten`` or ``{type: Dense, units: 64}``: found, checked, made."""

import re
from typing import Any

from kerasette import registry
from kerasette.errors import nearest

from ..config.fields import received, said_as_bool
from ..config.nodes import KeyPath, find, plain
from ..config.problems import Problems
from . import annotations
from .code import Code
from .signatures import ANY, Arguments, arguments_of

KINDS = {  # which kind of object a parameter takes, by the end of its name
    "activation": "activation",
    "initializer": "initializer",
    "regularizer": "regularizer",
    "constraint": "constraint",
    "learning_rate": "schedule",
    "layer": "layer",
    "cell": "layer",
    "optimizer": "optimizer",
    "loss": "loss",
}
_KINDS_OF_OBJECTS = ("layer", "optimizer", "loss", "metric", "callback", "initializer",
                     "regularizer", "constraint", "schedule")  # fmt: skip
_OTHER_NAMES = {  # of arguments, in other programs and older versions
    "lr": "learning_rate",
    "neurons": "units",
    "channels": "filters",
    "out_channels": "filters",
    "kernel": "kernel_size",
    "size": "units",
    "p": "rate",
    "dropout": "rate",
    "n": "units",
}
_ARGUMENT = re.compile(r"`(\w+)`")  # as errors name an argument
FAILED = object()
"""Stands for an object that could not be made; what was wrong is among the problems."""


def kind_of_parameter(name: str) -> str | None:
    """The kind of object that a parameter of this name takes, if it takes one."""
    return next(
        (kind for end, kind in KINDS.items() if name == end or name.endswith(f"_{end}")), None
    )


class Objects:
    """Makes a config's objects, and collects what is wrong with them."""

    def __init__(self, problems: Problems, code: Code | None = None):
        self.problems = problems
        self.code = code

    def names(self, kind: str) -> dict[str, Any]:
        """All that may be named for a kind: the registry's table and classes of ``--code``."""
        found = dict(registry.table(kind))
        if self.code is not None:
            found |= self.code.classes if kind != "activation" else self.code.functions
            if kind in ("loss", "metric"):
                found |= self.code.functions
        return found

    def make(self, spec: Any, kind: str, path: KeyPath) -> Any:
        """The object, or ``FAILED``."""
        name, given = (spec, {}) if isinstance(spec, str) else (spec["type"], dict(spec))
        given.pop("type", None)
        factory = self.find(name, kind, path)
        if factory is FAILED:
            return FAILED
        if not isinstance(factory, type):
            as_class = self.class_of(name, kind)
            if as_class is None and given:
                self.problems.add(path, f"{name} is a function and takes no arguments here.")
                return FAILED
            if as_class is None:
                return factory
            factory = as_class
        arguments = self.arguments(factory, given, path)
        if arguments is FAILED:
            return FAILED
        try:
            return factory(**arguments)
        except (ValueError, TypeError, NotImplementedError) as error:
            told = [name for name in _ARGUMENT.findall(str(error)) if name in given]
            self.problems.add((*path, told[0]) if told else path, sentence(error))
            return FAILED

    def find(self, name: str, kind: str, path: KeyPath) -> Any:
        """The class or function of that name, or ``FAILED``."""
        known = self.names(kind)
        if name in known:
            return known[name]
        by_case = {key.lower(): key for key in known}
        hint = nearest(name, known)
        if name.lower() in by_case:
            hint = f" Did you mean {by_case[name.lower()]!r}?"
        if not hint:
            other = next((k for k in _KINDS_OF_OBJECTS if name in _loaded_table(k)), None)
            if other is not None and other != kind:
                hint = f" {name} is {_article(other)}."
            elif self.code is None:
                hint = " A class of your own comes from a file given as --code."
        where = (*path, "type") if find(self.problems.root, (*path, "type")) else path
        self.problems.add(where, f"there is no {kind.replace('_', ' ')} {name!r}.{hint}")
        return FAILED

    def class_of(self, name: str, kind: str) -> Any:
        """The class that belongs to a function's name: MeanSquaredError of mean_squared_error."""
        known = self.names(kind)
        function = known.get(name)
        full = getattr(function, "__name__", name)
        wanted = "".join(part.capitalize() for part in full.split("_")).lower()
        classes = {k.lower(): v for k, v in known.items() if isinstance(v, type)}
        return classes.get(wanted)

    def arguments(self, factory: Any, given: dict[str, Any], path: KeyPath) -> Any:
        """The given arguments, checked by the signature, nested objects made; or ``FAILED``."""
        name = getattr(factory, "__name__", str(factory))
        known = arguments_of(factory)
        count = len(self.problems.found)
        made = {
            key: self._argument(name, known, key, value, (*path, key))
            for key, value in given.items()
        }
        misspelt = "".join(nearest(key, known.by_name) for key in given if key not in known.by_name)
        missing = [
            key
            for key, argument in known.by_name.items()
            if argument.is_required and key not in given and repr(key) not in misspelt
        ]
        if missing:
            listed = " and ".join(missing)
            self.problems.add(path, f"{name} needs {listed}: {{type: {name}, {missing[0]}: ...}}.")
        return made if len(self.problems.found) == count else FAILED

    def _argument(self, owner: str, known: Arguments, key: str, value: Any, path: KeyPath) -> Any:
        argument = known.by_name.get(key)
        if argument is None:
            if not known.takes_any:
                hint = nearest(key, known.by_name)
                other = _OTHER_NAMES.get(key)
                if other in known.by_name:
                    hint = f" Did you mean {other!r}?"
                if not hint:
                    own = [k for k in known.by_name if k not in ("name", "dtype", "trainable")]
                    hint = f" It takes {', '.join(own[:8])}{'…' if len(own) > 8 else ''}."
                self.problems.add(path, f"{owner} has no argument {key!r}.{hint}", at_key=True)
            return value
        kind = kind_of_parameter(key)
        if kind is not None and isinstance(value, dict) and "type" in value:
            return self.make(value, kind, path)
        if kind == "layer" and isinstance(value, str):
            return self.make(value, kind, path)
        if kind not in (None, "schedule") and isinstance(value, str):
            self.find(value, kind, path)
            return value
        if key in ("cells", "layers") and isinstance(value, list):
            return [self.make(item, "layer", (*path, i)) for i, item in enumerate(value)]
        if argument.annotation is not ANY and not annotations.fits(value, argument.annotation):
            value = self._retyped(value, argument.annotation, path)
            if value is FAILED:
                wanted = annotations.words(argument.annotation)
                given = self._given(path)
                hint = said_as_bool(given) if isinstance(given, str) and "true" in wanted else ""
                self.problems.add(path, f"must be {wanted}. {received(given)}.{hint}")
        return tuple(value) if isinstance(value, list) else value

    def _retyped(self, value: Any, annotation: Any, path: KeyPath) -> Any:
        """What was typed after ``--set`` counts as text where the signature wants text."""
        node = find(self.problems.root, path)
        if node is not None and node.text is not None and annotations.fits(node.text, annotation):
            return node.text
        return FAILED

    def _given(self, path: KeyPath) -> Any:
        node = find(self.problems.root, path)
        return plain(node) if node is not None else None


def sentence(error: BaseException) -> str:
    """An exception's message, with the notes that say where it arose."""
    text = str(error).strip() or type(error).__name__
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _loaded_table(kind: str) -> dict[str, Any]:
    try:
        return registry.table(kind)
    except ImportError:
        return {}


def _article(kind: str) -> str:
    word = kind.replace("_", " ")
    return f"an {word}" if word[0] in "aeiou" else f"a {word}"
