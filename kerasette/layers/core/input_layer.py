"""``Input`` and ``InputLayer``: where a Functional model begins."""

from typing import Any

from kerasette.arrays import dtypes
from kerasette.core.operation import Node
from kerasette.core.tensor import KerasTensor
from kerasette.layers.layer import Layer
from kerasette.registry import register


class InputLayer(Layer):
    """A place where data enters a model.

    Args:
        shape: the shape of one sample, ``None`` for unknown sizes.
        batch_size: the number of samples in a batch, where it is fixed.
        dtype: the element type; ``floatx`` by default.
        sparse, ragged: not supported; must be false.
        batch_shape: the shape with the batch's size first, in place of ``shape``.
        input_tensor: an existing KerasTensor to enter by.
        optional: whether ``None`` may be given for this input.
        name: the input's name.
    """

    def __init__(
        self,
        shape: Any = None,
        batch_size: int | None = None,
        dtype: Any = None,
        sparse: bool | None = None,
        ragged: bool | None = None,
        batch_shape: Any = None,
        input_tensor: Any = None,
        optional: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ):
        shape = kwargs.pop("input_shape", shape)
        batch_shape = kwargs.pop("batch_input_shape", batch_shape)
        if sparse or ragged:
            raise ValueError("kerasette has no sparse or ragged tensors: leave `sparse`, `ragged`.")
        if input_tensor is not None:
            if not isinstance(input_tensor, KerasTensor):
                raise ValueError(
                    f"`input_tensor` must be a KerasTensor. Received: {input_tensor!r}."
                )
            batch_shape, dtype = input_tensor.shape, dtype or input_tensor.dtype
        if (shape is None) == (batch_shape is None):
            raise ValueError(
                "Give exactly one of `shape` (of one sample) and `batch_shape`. "
                f"Received: shape={shape}, batch_shape={batch_shape}."
            )
        if batch_shape is None:
            batch_shape = (batch_size, *_sizes(shape, "shape"))
        elif batch_size is not None:
            raise ValueError("Give `batch_size` with `shape`, not with `batch_shape`.")
        self._batch_shape = _sizes(batch_shape, "batch_shape")
        super().__init__(name=name, **kwargs)
        self._dtype = dtypes.standardize_dtype(dtype)
        self.optional = optional
        self.sparse = self.ragged = False
        self.supports_masking = True
        output = input_tensor or KerasTensor(self.batch_shape, self._dtype, name=self.name)
        if output._keras_history is None:
            Node(self, (), {}, output)
        else:
            Node(self, (), {}, KerasTensor(self.batch_shape, self._dtype, name=self.name))
        self.built = True

    @property
    def dtype(self) -> str:
        return self._dtype

    @property
    def batch_shape(self) -> tuple[int | None, ...]:
        """The shape, the batch's size first; ``None`` for sizes that are not fixed."""
        return self._batch_shape

    @property
    def batch_size(self) -> int | None:
        """The size of a batch; ``None`` where it is not fixed."""
        return self.batch_shape[0]

    def call(self) -> Any:
        raise TypeError("An InputLayer is where data enters; it cannot be called.")

    def get_config(self) -> dict[str, Any]:
        return {
            "batch_shape": self.batch_shape,
            "dtype": str(self._dtype),
            "sparse": False,
            "ragged": False,
            "optional": self.optional,
            "name": self.name,
        }


register("layer", InputLayer)


def Input(  # noqa: N802 (Keras's name)
    shape: Any = None,
    batch_size: int | None = None,
    dtype: Any = None,
    sparse: bool | None = None,
    ragged: bool | None = None,
    batch_shape: Any = None,
    name: str | None = None,
    tensor: Any = None,
    optional: bool = False,
) -> Any:
    """A symbolic tensor to begin a Functional model with.

    Args: those of ``InputLayer``; ``tensor`` is its ``input_tensor``.

    >>> x = kerasette.Input(shape=(8,))
    >>> model = kerasette.Model(x, kerasette.layers.Dense(2)(x))

    Raises: ValueError where neither or both of ``shape`` and ``batch_shape`` are given.
    """
    layer = InputLayer(
        shape=shape,
        batch_size=batch_size,
        dtype=dtype,
        sparse=sparse,
        ragged=ragged,
        batch_shape=batch_shape,
        input_tensor=tensor,
        optional=optional,
        name=name,
    )
    return layer.output


def _sizes(shape: Any, name: str) -> tuple[int | None, ...]:
    if isinstance(shape, int):
        raise ValueError(f"`{name}` must be a tuple, such as ({shape},). Received: {shape}.")
    sizes = tuple(None if size is None else int(size) for size in shape)
    if any(size is not None and size < 0 for size in sizes):
        raise ValueError(f"Sizes must be at least 0. Received: {name}={shape}.")
    return sizes
