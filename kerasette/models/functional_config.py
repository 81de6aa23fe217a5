"""A Functional model's graph as a config and back, in Keras's own layout.

Each layer lists its calls (``inbound_nodes``); a tensor is named by layer, call and result:
``["dense", 0, 0]``.
"""

from typing import Any

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


def functional_from_config(cls: type, config: dict[str, Any], custom_objects: Any = None) -> Any:
    """The model of a config.

    Raises: ValueError where the graph has a cycle or names what is not there.
    """
    layers: dict[str, Any] = {}
    waiting: list[tuple[Any, dict[str, Any], Any]] = []
    for entry in config["layers"]:
        with saving.custom_object_scope(custom_objects or {}):
            layer = _made(_without_nodes(entry))
        name = entry.get("name") or layer.name
        layers[name] = layer
        waiting += [(layer, entry.get("config"), node) for node in entry.get("inbound_nodes", ())]
    made = {name: [n.outputs for n in layer._inbound_nodes] for name, layer in layers.items()}
    while waiting:
        later = []
        for layer, own, node in waiting:
            args_kwargs = _call_arguments(node, made)
            if args_kwargs is None:
                later.append((layer, own, node))
                continue
            args, kwargs = args_kwargs
            if isinstance(layer, OpCall):
                args, kwargs = joined_call(layer.function, own, args, kwargs)
            outputs = layer(*args, **kwargs)
            name = next(key for key, value in layers.items() if value is layer)
            made[name].append(outputs)
        if len(later) == len(waiting):
            names = sorted({layer.name for layer, *_ in later})
            raise ValueError(
                f"The graph of model {config.get('name')!r} cannot be put together: the layers "
                f"{names} wait for tensors that nothing makes (a cycle, or a wrong name)."
            )
        waiting = later

    def tensor(place: Any) -> Any:
        return _tensor(place, made)

    inputs = _only(_map_places(tensor, config["input_layers"]))
    outputs = _only(_map_places(tensor, config["output_layers"]))
    rest = {k: v for k, v in config.items() if k in ("name", "trainable")}
    return cls(inputs, outputs, **rest)


def _without_nodes(entry: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in entry.items() if k != "inbound_nodes"}


def _tensor(place: Any, made: dict[str, list[Any]]) -> Any:
    name, node, index = place[:3]
    if name not in made or node >= len(made[name]):
        raise ValueError(f"The model's graph has no tensor {place}.")
    return tree.flatten(made[name][node])[index]


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


def _call_arguments(node: Any, made: dict[str, list[Any]]) -> tuple[list[Any], Any] | None:
    """The arguments of one call; ``None`` where a tensor of them is not made yet."""
    if isinstance(node, list):
        return _old_call_arguments(node, made)
    missing = False

    def visit(value: Any) -> Any:
        nonlocal missing
        if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
            name, index, position = value["config"]["keras_history"]
            if name not in made:
                raise ValueError(f"The model's graph names a layer {name!r} that is not there.")
            if index >= len(made[name]):
                missing = True
                return None
            return tree.flatten(made[name][index])[position]
        if isinstance(value, dict) and "class_name" in value:
            return serialization.deserialize_keras_object(value)
        if isinstance(value, dict):
            return {key: visit(part) for key, part in value.items()}
        if isinstance(value, (list, tuple)):
            return [visit(part) for part in value]
        return value

    args, kwargs = visit(node["args"]), visit(node.get("kwargs") or {})
    return None if missing else (args, kwargs)


def _old_call_arguments(
    node: list[Any], made: dict[str, list[Any]]
) -> tuple[list[Any], Any] | None:
    """Keras 2's form of a call: a list of ``[name, node, tensor, kwargs]``."""
    rows = [node] if _is_place(node) else node
    tensors, kwargs = [], {}
    for row in rows:
        name, index, position = row[:3]
        if name not in made:
            raise ValueError(f"The model's graph names a layer {name!r} that is not there.")
        if index >= len(made[name]):
            return None
        tensors.append(tree.flatten(made[name][index])[position])
        if len(row) > 3:
            kwargs.update(row[3])
    return ([tensors[0]] if len(tensors) == 1 else [tensors]), kwargs
