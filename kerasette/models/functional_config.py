"""A Functional model's graph as a config and back, in Keras's own layout.

Each layer lists its calls (``inbound_nodes``); a tensor is named by layer, call and result:
``["dense", 0, 0]``.
"""

from typing import Any, NamedTuple

from kerasette import saving, tree
from kerasette.core.history import OpCall
from kerasette.core.operation import Node
from kerasette.core.tensor import KerasTensor
from kerasette.models.operation_config import is_operation, joined_call, module_of, split_call
from kerasette.saving import serialization


def functional_config(model: Any) -> dict[str, Any]:
    """The config of a Functional model."""
    index = _node_indices(model)
    layers = []
    for operation in model.operations:
        entry = _operation_config(operation)
        entry["name"] = operation.name
        entry["inbound_nodes"] = [
            _node_config(node, index)
            for node in operation._inbound_nodes
            if node in index and not node.is_input
        ]
        layers.append(entry)

    def place(tensor: Any) -> list[Any]:
        return _place(tensor, index)

    return {
        "name": model.name,
        "trainable": model.trainable,
        "layers": layers,
        "input_layers": tree.map_structure(place, model._inputs_struct),
        "output_layers": tree.map_structure(place, model._outputs_struct),
    }


def _operation_config(operation: Any) -> dict[str, Any]:
    """A layer's config, or that of a function of ``ops`` by the class that Keras has for it."""
    if not isinstance(operation, OpCall):
        return serialization.serialize_keras_object(operation)
    node = operation._inbound_nodes[0]
    parameters = split_call(operation, node.args, node.kwargs)[0]
    return {
        "module": module_of(operation.class_name),
        "class_name": operation.class_name,
        "config": {
            **operation.get_config(),
            **serialization.serialize_keras_object(parameters),
        },
        "registered_name": operation.class_name,
    }


def _made(entry: dict[str, Any]) -> Any:
    """The layer of an entry; a function of ``ops`` as what stands for it in a graph."""
    if is_operation(entry):
        entry = {"module": module_of(entry["class_name"]), **entry}
    found = serialization.deserialize_keras_object(entry)
    if hasattr(found, "_inbound_nodes"):
        return found
    return OpCall(found, name=entry.get("config", {}).get("name"))


def _node_indices(model: Any) -> dict[Node, int]:
    """The number of each node among those of its operation that belong to the model."""
    mine = set(model._nodes)
    index: dict[Node, int] = {}
    for operation in model.operations:
        kept = [node for node in operation._inbound_nodes if node in mine]
        index.update({node: number for number, node in enumerate(kept)})
    return index


def _place(tensor: Any, index: dict[Node, int]) -> list[Any]:
    history = tensor._keras_history
    node = history.operation._inbound_nodes[history.node_index]
    return [history.operation.name, index[node], history.tensor_index]


def _node_config(node: Node, index: dict[Node, int]) -> dict[str, Any]:
    def plain(leaf: Any) -> Any:
        if isinstance(leaf, KerasTensor):
            return {
                "class_name": "__keras_tensor__",
                "config": {
                    "shape": list(leaf.shape),
                    "dtype": str(leaf.dtype),
                    "keras_history": _place(leaf, index),
                },
            }
        return serialization.serialize_keras_object(leaf)

    def visit(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(visit(part) for part in value)
        if isinstance(value, list):
            return [visit(part) for part in value]
        if isinstance(value, dict):
            return {key: visit(part) for key, part in value.items()}
        return plain(value)

    args, kwargs = list(node.args), node.kwargs
    if isinstance(node.operation, OpCall):
        _, args, kwargs = split_call(node.operation, args, kwargs)
    kwargs = {k: v for k, v in kwargs.items() if v is not None or k == "mask"}
    return {"args": visit(args), "kwargs": visit(kwargs)}


class _Call(NamedTuple):
    """A call of a layer: which of its calls it is, the layer's config, and the call's arguments."""

    name: str
    number: int
    own: Any
    node: Any


def functional_from_config(cls: type, config: dict[str, Any], custom_objects: Any = None) -> Any:
    """The model of a config.

    Raises: ValueError where the graph has a cycle, two layers of one name, or names what is not
    there.
    """
    layers: dict[str, Any] = {}
    ready: list[_Call] = []  # not made yet
    for entry in config["layers"]:
        with saving.custom_object_scope(custom_objects or {}):
            layer = _made(_without_nodes(entry))
        name = entry.get("name") or layer.name
        if name in layers:
            raise ValueError(f"The model has two layers of the name {name!r}.")
        layers[name] = layer
        nodes = entry.get("inbound_nodes", ())
        first = len(layer._inbound_nodes)
        ready += [_Call(name, first + i, entry.get("config"), n) for i, n in enumerate(nodes)]
    made = {name: [n.outputs for n in layer._inbound_nodes] for name, layer in layers.items()}
    waiting: dict[_Missing, list[_Call]] = {}  # by a call that they need
    ready.reverse()
    while ready:
        call = ready.pop()
        found = _call_arguments(call.node, made)
        name = call.name
        if len(made[name]) < call.number:  # a layer's calls are made in their order
            found = _Missing(name, call.number - 1)
        if isinstance(found, _Missing):
            waiting.setdefault(found, []).append(call)
            continue
        args, kwargs = found
        layer = layers[name]
        if isinstance(layer, OpCall):
            if not any(isinstance(leaf, KerasTensor) for leaf in tree.flatten((args, kwargs))):
                raise ValueError(f"The operation {name!r} is called on no tensor of the graph.")
            args, kwargs = joined_call(layer.function, call.own, args, kwargs)
        made[name].append(layer(*args, **kwargs))
        ready += reversed(waiting.pop(_Missing(name, call.number), ()))
    if waiting:
        names = sorted({call.name for calls in waiting.values() for call in calls})
        raise ValueError(
            f"The graph of model {config.get('name')!r} cannot be put together: the layers "
            f"{names[:10]} wait for tensors that nothing makes (a cycle, or a wrong name)."
        )

    def tensor(place: Any) -> Any:
        return _tensor(place, made)

    inputs = _only(_map_places(tensor, config["input_layers"]))
    outputs = _only(_map_places(tensor, config["output_layers"]))
    rest = {k: v for k, v in config.items() if k in ("name", "trainable")}
    return cls(inputs, outputs, **rest)


def _without_nodes(entry: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in entry.items() if k != "inbound_nodes"}


def _tensor(place: Any, made: dict[str, list[Any]]) -> Any:
    found = _found(place, made)
    if isinstance(found, _Missing):
        raise ValueError(f"The model's graph has no tensor {place}.")
    return found


class _Missing(NamedTuple):
    """A call that is not made yet."""

    name: str
    node: int


def _found(place: Any, made: dict[str, list[Any]]) -> Any:
    """The tensor at ``[layer, call, result]``, or what is ``_Missing``."""
    name, node, index = place[:3]
    if name not in made:
        raise ValueError(f"The model's graph names a layer {name!r} that is not there.")
    if not (isinstance(node, int) and isinstance(index, int) and node >= 0 and index >= 0):
        raise ValueError(f"The model's graph has no tensor {place}.")
    if node >= len(made[name]):
        return _Missing(name, node)
    results = tree.flatten(made[name][node])
    if index >= len(results):
        raise ValueError(f"The model's graph has no tensor {place}.")
    return results[index]


def _is_place(value: Any) -> bool:
    return (
        isinstance(value, (list, tuple))
        and len(value) >= 3
        and isinstance(value[0], str)
        and isinstance(value[1], int)
    )


def _map_places(function: Any, places: Any) -> Any:
    if _is_place(places):
        return function(places)
    if isinstance(places, dict):
        return {key: _map_places(function, value) for key, value in places.items()}
    return [_map_places(function, value) for value in places]


def _only(found: Any) -> Any:
    """The tensor itself, where a list holds one: so Keras writes a single input or output."""
    return found[0] if isinstance(found, list) and len(found) == 1 else found


def _call_arguments(node: Any, made: dict[str, list[Any]]) -> tuple[list[Any], Any] | _Missing:
    """The arguments of one call, or what of them is not made yet."""
    if isinstance(node, list):
        return _old_call_arguments(node, made)
    missing: list[_Missing] = []

    def visit(value: Any) -> Any:
        if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
            found = _found(value["config"]["keras_history"], made)
            if isinstance(found, _Missing):
                missing.append(found)
            return found
        if isinstance(value, dict) and "class_name" in value:
            return serialization.deserialize_keras_object(value)
        if isinstance(value, dict):
            return {key: visit(part) for key, part in value.items()}
        if isinstance(value, (list, tuple)):
            return [visit(part) for part in value]
        return value

    args, kwargs = visit(node["args"]), visit(node.get("kwargs") or {})
    return missing[0] if missing else (args, kwargs)


def _old_call_arguments(
    node: list[Any], made: dict[str, list[Any]]
) -> tuple[list[Any], Any] | _Missing:
    """Keras 2's form of a call: a list of ``[name, node, tensor, kwargs]``."""
    rows = [node] if _is_place(node) else node
    tensors, kwargs = [], {}
    for row in rows:
        found = _found(row, made)
        if isinstance(found, _Missing):
            return found
        tensors.append(found)
        if len(row) > 3:
            kwargs.update(row[3])
    return ([tensors[0]] if len(tensors) == 1 else [tensors]), kwargs
