"""Kinds of values that the schema's fields hold, each with one sentence for what is wrong."""

from collections.abc import Callable
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from kerasette.errors import nearest


class Section(BaseModel):
    """A mapping of the config: no unknown keys, no value of another type."""

    model_config = ConfigDict(extra="forbid", strict=True, use_attribute_docstrings=True)


class IsPath:
    """Marks a field that holds a path, relative to the folder of the file that names it."""


def wrong(message: str) -> PydanticCustomError:
    """The error whose message reaches the user as it is."""
    return PydanticCustomError("kerasette", "{said}", {"said": message})


def received(value: Any) -> str:
    """``Received: ...`` for the end of a message, shortened where it is long."""
    words = {None: "null", True: "true", False: "false"}
    is_word = value is None or isinstance(value, bool)
    text = words[value] if is_word else repr(value)
    return f"Received: {text if len(text) <= 60 else text[:57] + '...'}"


def said_as_bool(value: str) -> str:
    """A hint for a word that is true or false elsewhere, but not in YAML 1.2."""
    meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(value.lower())
    meant = meant or (value.lower() if value.lower() in ("true", "false") else None)
    return f" Did you mean {meant}?" if meant else ""


def choice(*known: str) -> Any:
    """A validator for one of a few words."""

    def check(value: Any) -> Any:
        if value not in known:
            listed = ", ".join(known)
            hint = nearest(value, known) if isinstance(value, str) else ""
            raise wrong(f"must be one of {listed}. {received(value)}.{hint}")
        return value

    return PlainValidator(check, json_schema_input_type=Any)


def _object(value: Any) -> Any:
    if isinstance(value, str) and value:
        return value
    if not isinstance(value, dict):
        raise wrong(
            f"must be a name, or a mapping {{type: Name, argument: value}}. {received(value)}."
        )
    if "type" not in value:
        name = next(iter(value), "")
        inner = value.get(name)
        if len(value) == 1 and name[:1].isupper() and (inner is None or isinstance(inner, dict)):
            arguments = "".join(f", {key}: ..." for key in inner or {})
            raise wrong(f"write the name as its type: {{type: {name}{arguments}}}.")
        raise wrong("has no type. Write it as {type: Name, argument: value}.")
    if not isinstance(value["type"], str) or not value["type"]:
        raise wrong(f"type must be a name. {received(value['type'])}.")
    return value


_OBJECT_SCHEMA = {
    "anyOf": [
        {"type": "string"},
        {"type": "object", "required": ["type"], "properties": {"type": {"type": "string"}}},
    ]
}

Object = Annotated[Any, PlainValidator(_object), WithJsonSchema(_OBJECT_SCHEMA)]
"""A name, or ``{type: Name, argument: value}``: a layer, optimizer, loss, metric or callback."""


def by_name(check: Callable[[Any], Any]) -> Any:
    """A validator for one value, or a mapping with one for each input or target by its name."""

    def checked(value: Any) -> Any:
        if isinstance(value, dict):
            return {str(name): check(one) for name, one in value.items()}
        return check(value)

    return PlainValidator(checked, json_schema_input_type=Any)


def of_name(value: Any, name: str) -> Any:
    """What a field of ``by_name`` says for one name; ``None`` where it says nothing of it."""
    return value.get(name) if isinstance(value, dict) else value


def array_name(value: Any) -> Any:
    """The name of an array in a file."""
    if value is not None and (not isinstance(value, str) or not value):
        raise wrong(
            f"must be the name of an array, or a mapping of names to such. {received(value)}."
        )
    return value


def shape(value: Any) -> Any:
    """The shape of a sample: a list of sizes, one of which may be -1."""
    sizes = value if isinstance(value, list) else [None]
    if value is not None and not all(type(size) is int and size >= -1 for size in sizes):
        raise wrong(f"must be a list of sizes, such as [28, 28, 1]. {received(value)}.")
    return value


def _share(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        percent = value[:-1].strip() if isinstance(value, str) and value.endswith("%") else ""
        hint = f" Did you mean {float(percent) / 100:g}?" if percent.isdigit() else ""
        raise wrong(
            f"must be a share such as 0.1, or a number of samples. {received(value)}.{hint}"
        )
    if isinstance(value, float) and not 0 <= value < 1:
        raise wrong(f"as a share it must be at least 0 and below 1. {received(value)}.")
    if value < 0:
        raise wrong(f"must not be negative. {received(value)}.")
    return value


Share = Annotated[
    Any,
    PlainValidator(_share),
    WithJsonSchema({"type": "number", "minimum": 0}),
]
"""A share of the samples (a float below 1), or their number (an int)."""


def scale(value: Any) -> Any:
    """A factor, also as a fraction; or the name of a way to find one."""
    if value in ("standardize", "minmax", None):
        return value
    hint = ""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if isinstance(value, str):
        try:
            return float(Fraction(value.replace(" ", "")))
        except (ValueError, ZeroDivisionError):
            hint = nearest(value, ["standardize", "minmax"])
    known = "a factor such as 1/255, or standardize, or minmax"
    raise wrong(f"must be {known}. {received(value)}.{hint}")


Scale = Annotated[
    Any,
    PlainValidator(scale),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "number"}, {"type": "null"}]}),
]
"""A factor (also as ``1/255``), ``standardize``, ``minmax``, or null."""


def _named(value: Any) -> Any:
    return {"type": value} if isinstance(value, str) else value


Named = BeforeValidator(_named)
"""A bare word is short for ``{type: word}``."""

Positive = Annotated[int, Field(ge=1)]
Count = Annotated[int, Field(ge=0)]

ScaleByName = Annotated[Any, by_name(scale)]
ShapeByName = Annotated[Any, by_name(shape)]
ArrayNames = Annotated[Any, by_name(array_name)]
"""A value, or a mapping with one for each input or target."""
