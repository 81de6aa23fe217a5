"""Declared classes: annotated fields make the constructor, the config and the ``repr``.

    @declared
    class Dense(Layer):
        units: int
        activation: Activation = None

The fields become the parameters of ``__init__`` in the order in which they stand, followed by the
fields of declared bases; what the first undeclared base takes (``name``, ``dtype``…) is passed on
to it. A plain value under an inherited field's name is its new default. A field's annotation may
carry a ``Converter``, which turns what the user gave (a string, a config, an object) into the
object that is stored, and back for ``get_config``.

A class that writes its own ``__init__`` is left alone: its annotations are never fields.
"""

import inspect
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, get_args, get_origin

from kerasette import registry
from kerasette.errors import nearest

T = TypeVar("T", bound=type)
REQUIRED = inspect.Parameter.empty


class Declared:
    """Base of the bases of declared classes: for type checkers, which cannot see the fields become
    parameters, any arguments will do.
    """

    if TYPE_CHECKING:

        def __init__(self, *args: Any, **kwargs: Any) -> None: ...


class Converter:
    """Carried by a field's annotation: ``Annotated[Any, Converter(get, serialize)]``."""

    def __init__(self, get: Callable[[Any], Any], serialize: Callable[[Any], Any]):
        self.get = get
        self.serialize = serialize


class Field:
    """One declared parameter of a class: its name, default and converter.

    It stands on the class under its name, where it says what the attribute is; an instance's own
    value is found before it.
    """

    def __init__(self, name: str, default: Any, annotation: Any):
        self.name, self.default, self.annotation = name, default, annotation
        marks = get_args(annotation)[1:]
        self.converter = next((mark for mark in marks if isinstance(mark, Converter)), None)

    def __get__(self, obj: Any, cls: type) -> "Field":
        if obj is None:
            return self
        raise AttributeError(f"{cls.__name__!r} object has no attribute {self.name!r}", obj=obj)

    def __repr__(self) -> str:
        default = "" if self.default is REQUIRED else f" = {self.default!r}"
        return f"<field {self.name}{default}>"


def declared(cls: T) -> T:
    """Make the annotated fields of ``cls`` its constructor, and register a class that is public.

    The class may define ``validate(self)``, called last, to refuse values that make no sense.
    """
    own = [
        Field(name, _default(cls, name), annotation)
        for name, annotation in inspect.get_annotations(cls).items()
        if get_origin(annotation) is not ClassVar and not name.startswith("_")
    ]
    names = {field.name for field in own}
    inherited = [_with_default(cls, f) for f in declared_fields(cls) if f.name not in names]
    cls.__declared_fields__ = tuple(own + inherited)  # type: ignore[attr-defined]
    for field in own:  # a default left on the class would shadow a base's property of that name
        if field.default is not REQUIRED:
            delattr(cls, field.name)
    for field in cls.__declared_fields__:  # type: ignore[attr-defined]
        if isinstance(getattr(cls, field.name, field), Field):  # not a property or a method
            setattr(cls, field.name, field)
    if "__init__" not in cls.__dict__:
        cls.__init__ = _constructor(cls)  # type: ignore[misc]
    kind = getattr(cls, "registry_kind", None)
    if kind is not None and not cls.__name__.startswith("_"):
        registry.register(kind, cls)
    return cls


def _default(cls: type, name: str) -> Any:
    """The default that stands beside a field; a property of that name is none."""
    value = cls.__dict__.get(name, REQUIRED)
    return REQUIRED if _is_data_descriptor(value) else value


def _is_data_descriptor(value: Any) -> bool:
    """Whether a class's attribute is found before an instance's: a property or a slot."""
    return hasattr(type(value), "__set__")


def _with_default(cls: type, field: Field) -> Field:
    """An inherited field; a plain value of its name in the class is its new default."""
    value = cls.__dict__.get(field.name, REQUIRED)
    if value is REQUIRED or _is_data_descriptor(value) or inspect.isfunction(value):
        return field
    delattr(cls, field.name)
    return Field(field.name, value, field.annotation)


def declared_fields(cls: type) -> tuple[Field, ...]:
    return getattr(cls, "__declared_fields__", ())


def declared_config(obj: Any) -> dict[str, Any]:
    """The declared fields of ``obj`` as plain, JSON-ready values.

    A class with an ``__init__`` of its own answers for its parameters itself: only the fields of
    its declared bases are given.
    """
    config = {}
    for field in declared_fields(type(obj)):
        if hasattr(obj, field.name):
            value = getattr(obj, field.name)
            config[field.name] = field.converter.serialize(value) if field.converter else value
    return config


def _constructor(cls: type) -> Callable[..., None]:
    fields = declared_fields(cls)
    by_name = {field.name: field for field in fields}
    names = list(by_name)
    base_init = next(
        base.__init__  # type: ignore[misc]
        for base in cls.__mro__[1:]
        if "__init__" in base.__dict__ and "__declared_fields__" not in base.__dict__
    )
    bare = base_init is object.__init__
    taken = {} if bare else dict(inspect.signature(base_init).parameters)
    takes_any = any(p.kind is p.VAR_KEYWORD for p in taken.values())
    passed_on = {name for name in names if name in taken}

    def __init__(self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
        if len(args) > len(names):
            raise TypeError(
                f"{cls.__name__}() takes at most {len(names)} positional arguments "
                f"({', '.join(names)}). Received: {len(args)}."
            )
        given = dict(zip(names, args, strict=False))
        for name, value in kwargs.items():
            if name in given:
                raise TypeError(f"{cls.__name__}() got two values for argument {name!r}.")
            given[name] = value
        values: dict[str, Any] = {}
        base_values: dict[str, Any] = {}
        for name, field in by_name.items():
            value = given.pop(name, field.default)
            if value is REQUIRED:
                raise TypeError(f"{cls.__name__}() is missing its argument {name!r}.")
            if field.converter is not None and name not in passed_on:
                value = field.converter.get(value)
            (base_values if name in passed_on else values)[name] = value
        for name in given:
            if name not in taken and not takes_any:
                hint = nearest(name, [*names, *taken])
                raise TypeError(f"{cls.__name__}() got an unknown argument {name!r}.{hint}")
        base_init(self, **base_values, **given)
        for name, value in values.items():
            setattr(self, name, value)
        validate = getattr(self, "validate", None)
        if validate is not None:
            validate()

    keyword = inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter("self", keyword)]
    parameters += [inspect.Parameter(f.name, keyword, default=f.default) for f in fields]
    if takes_any or any(name not in names for name in taken if name != "self"):
        parameters.append(inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD))
    __init__.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    __init__.__qualname__ = f"{cls.__qualname__}.__init__"
    return __init__
