"""The base class of initializers, and the ways to name one."""

from typing import Annotated, Any

from kerasette.declared import Converter, Declared, declared_config
from kerasette.saving.serialization import from_config, from_identifier, serialize_keras_object

__all__ = ["Initializer", "InitializerField", "deserialize", "get", "serialize"]


class Initializer(Declared):
    """Base class of initializers. One of one's own defines ``__call__``, and ``get_config`` where
    it has parameters.

    >>> class Sevens(kerasette.Initializer):
    ...     def __call__(self, shape, dtype=None):
    ...         return ops.full(shape, 7, dtype)
    """

    registry_kind = "initializer"

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """A tensor of ``shape`` with the first values, of ``dtype`` (``floatx`` by default)."""
        raise NotImplementedError(f"{type(self).__name__} does not define `__call__`.")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an initializer like this one."""
        return declared_config(self)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "Initializer":
        """An initializer made of what ``get_config`` gave."""
        return cls(**config)

    def clone(self) -> "Initializer":
        """Another initializer of the same configuration."""
        return type(self).from_config(self.get_config())


def get(identifier: Any) -> Any:
    """An initializer from its name, its configuration, its class, or any callable; ``None`` stays.

    A callable takes ``(shape, dtype)``.

    >>> kerasette.initializers.get("zeros")((2,)).numpy()
    array([0., 0.], dtype=float32)

    Raises: ValueError for something else.
    """
    return from_identifier(identifier, "initializer")


def serialize(initializer: Any) -> Any:
    """The configuration of an initializer, for ``deserialize``."""
    return serialize_keras_object(initializer)


def deserialize(config: Any, custom_objects: dict[str, Any] | None = None) -> Any:
    """An initializer from its configuration.

    Args:
        config: what ``serialize`` gave, or a name.
        custom_objects: classes and functions of one's own, by the names in the configuration.
    """
    return from_config(config, "initializer", custom_objects)


InitializerField = Annotated[Any, Converter(get, serialize)]
