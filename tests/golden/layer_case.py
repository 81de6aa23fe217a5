"""How a layer becomes a case: build, weights from numpy, forward, gradients, state after."""

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from tests.golden.harness import (
    Arrays,
    Cases,
    describe,
    differentiate,
    map_arrays,
    record,
    tensor_of,
    uniform,
)


def weight_values(variables: list) -> list[np.ndarray]:
    """Numbers for each variable by its place and shape; spreads and variances are positive."""
    return [
        uniform(
            0.5 if spread else -0.6,
            1.5 if spread else 0.6,
            *variable.shape,
            seed=index,
        )
        for index, variable in enumerate(variables)
        for spread in [any(word in variable.name for word in ("variance", "std"))]
    ]


def set_weights(layer: Any) -> None:
    """Give every float weight of a built layer its fixed numbers."""
    variables = [v for v in layer.weights if "float" in str(v.dtype)]
    for variable, value in zip(variables, weight_values(variables), strict=True):
        variable.assign(value)


@dataclasses.dataclass(frozen=True)
class Sample:
    """A layer by its arguments, or by ``keras -> layer``; and what it is called with."""

    name: str
    config: dict[str, Any] | Callable[[Any], Any]
    inputs: tuple[Any, ...]
    call: dict[str, Any]
    title: str = ""

    def make(self, keras: Any) -> Any:
        """The layer, new."""
        if callable(self.config):
            return self.config(keras)
        return getattr(keras.layers, self.name)(**self.config)


class LayerCases(Cases):
    """A table of layers: ``table.layer("Dense", {"units": 3}, array)``."""

    def __init__(self, family: str) -> None:
        super().__init__(family)
        self.samples: list[Sample] = []

    def layer(
        self,
        name: str,
        config: dict[str, Any] | Callable[[Any], Any],
        *inputs: Any,
        _tolerance: float = 1e-5,
        _because: str = "",
        _label: str = "",
        _covers: tuple[str, ...] = (),
        _calls: int = 1,
        _gradient: bool = True,
        **call: Any,
    ) -> None:
        """A case: the layer on these inputs, called with these further arguments.

        ``config`` is the constructor's arguments, or ``keras -> layer`` where they hold layers.
        ``_calls=2`` calls twice first and differentiates the third, for layers with a memory.
        """

        def run(keras: Any) -> Arrays:
            made = sample.make(keras)
            arguments = map_arrays(lambda array: tensor_of(keras, array), call)
            made(*map_arrays(lambda array: tensor_of(keras, array), inputs), **arguments)
            set_weights(made)
            if getattr(made, "stateful", False):
                made.reset_states()
            for _ in range(_calls - 1):
                made(*map_arrays(lambda array: tensor_of(keras, array), inputs), **arguments)

            def forward(*xs: Any) -> Any:
                return made(*xs, **arguments)

            if _gradient:
                weights = made.trainable_variables
                outputs, slopes = differentiate(keras, forward, inputs, weights)
            else:
                xs = map_arrays(lambda array: tensor_of(keras, array), inputs)
                outputs, slopes = forward(*xs), {}
            state = {f"{i} {v.name}": v for i, v in enumerate(made.non_trainable_weights)}
            return (
                record(keras, "out", outputs)
                | slopes
                | record(keras, "state", state)
                | record(keras, "losses", list(made.losses))
                | {"weights": np.asarray([f"{v.name} {tuple(v.shape)}" for v in made.weights])}
            )

        how = {"tolerance": _tolerance, "because": _because} if _because else {}
        shown = config if isinstance(config, dict) else {}
        title = f"{name} {_label}".strip() + describe(inputs, shown | call)
        sample = Sample(name, config, inputs, call, title)
        self.samples.append(sample)
        self.add(title, run, f"layers.{name}", *_covers, **how)
