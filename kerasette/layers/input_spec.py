"""``InputSpec``: what a layer's inputs must look like, and the check of a call against it."""

from typing import Any

from kerasette import tree
from kerasette.arrays import dtypes


class InputSpec:
    """The shape, rank and dtype that an input of a layer must have.

    Args:
        dtype: the element type asked for.
        shape: the exact shape, ``None`` for any size.
        ndim: the exact number of dimensions.
        max_ndim: the largest number of dimensions.
        min_ndim: the smallest number of dimensions.
        axes: sizes of single axes: ``{-1: 8}`` asks for 8 on the last.
        allow_last_axis_squeeze: accept inputs that lack, or add, a last axis of size 1.
        name: the name of the input, where inputs are a dict.
        optional: whether ``None`` may be given.

    >>> kerasette.InputSpec(ndim=4, axes={-1: 3})
    InputSpec(ndim=4, axes={-1: 3})
    """

    def __init__(
        self,
        dtype: Any = None,
        shape: Any = None,
        ndim: int | None = None,
        max_ndim: int | None = None,
        min_ndim: int | None = None,
        axes: dict[int, int | None] | None = None,
        allow_last_axis_squeeze: bool = False,
        name: str | None = None,
        optional: bool = False,
    ):
        self.dtype = None if dtype is None else dtypes.standardize_dtype(dtype)
        self.shape = None if shape is None else tuple(shape)
        self.ndim = len(self.shape) if self.shape is not None else ndim
        self.max_ndim = max_ndim
        self.min_ndim = min_ndim
        self.name = name
        self.optional = optional
        self.allow_last_axis_squeeze = allow_last_axis_squeeze
        self.axes = {int(axis): size for axis, size in (axes or {}).items()}
        highest = self.ndim if self.ndim is not None else max_ndim
        if self.axes and highest is not None and max(self.axes) >= highest:
            raise ValueError(
                f"Axis {max(self.axes)} is greater than the maximum allowed value: {highest - 1}. "
                f"Received: axes={axes}."
            )

    def get_config(self) -> dict[str, Any]:
        names = ("dtype", "shape", "ndim", "max_ndim", "min_ndim", "axes", "optional")
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "InputSpec":
        return cls(**config)

    def __repr__(self) -> str:
        said = {k: v for k, v in self.get_config().items() if v not in (None, {}, False)}
        return "InputSpec(" + ", ".join(f"{k}={v}" for k, v in said.items()) + ")"

    def problem(self, shape: tuple[int | None, ...], dtype: str) -> str | None:
        """What is wrong with an input of this shape and dtype; ``None`` where nothing is."""
        rank = len(shape)
        squeezed = self.allow_last_axis_squeeze and self._squeezable(shape)
        if self.ndim is not None and rank != self.ndim and not squeezed:
            return f"expected {self.ndim} dimensions, came {rank}: shape {shape}"
        if self.max_ndim is not None and rank > self.max_ndim:
            return f"expected at most {self.max_ndim} dimensions, came {rank}: shape {shape}"
        if self.min_ndim is not None and rank < self.min_ndim:
            return f"expected at least {self.min_ndim} dimensions, came {rank}: shape {shape}"
        if self.dtype is not None and dtype != self.dtype:
            return f"expected dtype {self.dtype}, came {dtype}"
        for axis, size in self.axes.items():
            if size is not None and -rank <= axis < rank and shape[axis] not in (size, None):
                return f"expected size {size} on axis {axis}, came {shape[axis]}: shape {shape}"
        if self.shape is not None and rank == len(self.shape):
            for wanted, size in zip(self.shape, shape, strict=True):
                if wanted is not None and size is not None and wanted != size:
                    return f"expected shape {self.shape}, came {shape}"
        return None

    def _squeezable(self, shape: tuple[int | None, ...]) -> bool:
        longer = len(shape) == (self.ndim or 0) + 1 and shape[-1] == 1
        shorter = len(shape) == (self.ndim or 0) - 1 and (self.shape or (0,))[-1] == 1
        return longer or shorter


def check_inputs(input_spec: Any, inputs: Any, layer_name: str) -> None:
    """Refuse inputs that do not fit ``input_spec``, in one sentence that names the layer.

    Raises: ValueError.
    """
    from kerasette.layers.call_signature import known_shape

    specs = tree.flatten(input_spec)
    if isinstance(inputs, dict) and all(getattr(s, "name", None) for s in specs):
        missing = [s.name for s in specs if s.name not in inputs and not s.optional]
        if missing:
            raise ValueError(
                f"Layer {layer_name!r} misses its input(s) {missing}. "
                f"Received: inputs with the keys {sorted(inputs)}."
            )
        values = [inputs.get(s.name) for s in specs]
    else:
        values = tree.flatten(inputs)
    if len(values) != len(specs):
        raise ValueError(
            f"Layer {layer_name!r} takes {len(specs)} input(s). Received: {len(values)}."
        )
    for index, (spec, value) in enumerate(zip(specs, values, strict=True)):
        if spec is None or (value is None and spec.optional):
            continue
        if value is None or not hasattr(value, "shape"):
            raise ValueError(f"Layer {layer_name!r} needs a tensor. Received: {value!r}.")
        problem = spec.problem(known_shape(value), str(value.dtype))
        if problem:
            which = f"Input {index} of layer" if len(specs) > 1 else "The input of layer"
            raise ValueError(f"{which} {layer_name!r} does not fit: {problem}.")
