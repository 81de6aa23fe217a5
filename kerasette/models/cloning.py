"""``clone_model``: a model of the same layers with weights of its own."""

from collections.abc import Callable
from typing import Any

from kerasette import tree
from kerasette.core.tensor import KerasTensor
from kerasette.layers.core.input_layer import Input, InputLayer
from kerasette.layers.layer import Layer
from kerasette.models.functional import Functional
from kerasette.models.sequential import Sequential


def clone_model(
    model: Any,
    input_tensors: Any = None,
    clone_function: Callable[[Any], Any] | None = None,
    call_function: Callable[..., Any] | None = None,
    recursive: bool = False,
    **kwargs: Any,
) -> Any:
    """A new model of new layers, made from their configs; its weights are new.

    Args:
        model: a Functional or Sequential model (any other by its config).
        input_tensors: KerasTensors to build the clone on, in place of new inputs.
        clone_function: makes the clone of each layer.
        call_function: ``(layer, *args, **kwargs)`` calls each cloned layer.
        recursive: whether ``clone_function`` is used in nested models, too.

    >>> model = kerasette.Sequential([kerasette.Input((2,)), kerasette.layers.Dense(1)])
    >>> kerasette.models.clone_model(model).count_params()
    3

    Raises: ValueError for arguments that do not go with the kind of model.
    """
    if kwargs:
        raise ValueError(f"clone_model() got unknown arguments: {sorted(kwargs)}.")
    simple = clone_function is None and call_function is None and input_tensors is None
    if simple and not recursive:
        return type(model).from_config(model.get_config())
    if isinstance(model, Sequential):
        if call_function is not None:
            raise ValueError("`call_function` goes with Functional models only.")
        return _clone_sequential(model, input_tensors, _cloner(clone_function, recursive))
    if isinstance(model, Functional):
        return _clone_functional(
            model, input_tensors, _cloner(clone_function, recursive), call_function
        )
    raise ValueError(
        "`clone_function`, `call_function` and `input_tensors` go with Functional and Sequential "
        f"models. Received: a model of class {type(model).__name__}."
    )


def _cloner(clone_function: Any, recursive: bool) -> Callable[[Any], Any]:
    def clone(layer: Any) -> Any:
        if recursive and isinstance(layer, (Functional, Sequential)):
            return clone_model(layer, clone_function=clone_function, recursive=True)
        if clone_function is None or isinstance(layer, InputLayer):
            return type(layer).from_config(layer.get_config())
        return clone_function(layer)

    return clone


def _clone_sequential(model: Any, input_tensors: Any, clone: Callable[[Any], Any]) -> Any:
    layers = [clone(layer) for layer in model._stack]
    if input_tensors is not None:
        tensors = tree.flatten(input_tensors)
        if len(tensors) != 1 or not isinstance(tensors[0], KerasTensor):
            raise ValueError("A Sequential model is cloned on one KerasTensor.")
        if layers and isinstance(layers[0], InputLayer):
            layers = layers[1:]
        layers.insert(0, tensors[0]._keras_history.operation)
    return Sequential(layers, trainable=model.trainable, name=model.name)


def _clone_functional(
    model: Any, input_tensors: Any, clone: Callable[[Any], Any], call_function: Any
) -> Any:
    if input_tensors is None:
        flat = [
            Input(batch_shape=t.shape, dtype=t.dtype, name=t._keras_history.operation.name)
            for t in model.inputs
        ]
    else:
        flat = tree.flatten(input_tensors)
        if len(flat) != len(model.inputs) or not all(isinstance(t, KerasTensor) for t in flat):
            raise ValueError(f"`input_tensors` must be {len(model.inputs)} KerasTensor(s).")
    twins: dict[int, Any] = {}

    def applied(operation: Any) -> Any:
        if not isinstance(operation, Layer):
            return operation.function if hasattr(operation, "function") else operation
        if id(operation) not in twins:
            twins[id(operation)] = clone(operation)
        twin = twins[id(operation)]
        if call_function is None:
            return twin
        return lambda *args, **kwargs: call_function(twin, *args, **kwargs)

    outputs = model._run_graph(flat, applied)
    inputs = tree.pack_sequence_as(model._inputs_struct, flat)
    return type(model)(inputs, outputs, name=model.name)
