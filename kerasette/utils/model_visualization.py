"""A model as a drawing, by Graphviz."""

import functools
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from kerasette import tree
from kerasette.core.tensor import KerasTensor
from kerasette.saving.atomic import written_whole


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = True,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    subgraph: bool = False,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """A model as a graph in Graphviz's language.

    Args:
        model: a model that is built.
        show_shapes: whether the shapes of inputs and outputs are shown.
        show_dtype: whether the dtype is shown.
        show_layer_names: whether the layers' names are shown.
        rankdir: "TB" for top to bottom, "LR" for left to right.
        expand_nested: whether the layers of models within the model are shown.
        dpi: dots an inch.
        subgraph: whether to give a part of a graph.
        show_layer_activations: whether activations are shown.
        show_trainable: whether it is shown which layers are trainable.
        splines: how lines are drawn.

    Returns: a Drawing; ``to_string()`` is the text, ``write("model.svg")`` has Graphviz draw it.

    >>> model = kerasette.Sequential([kerasette.Input((3,)), kerasette.layers.Dense(1)])
    >>> "Dense" in kerasette.utils.model_to_dot(model).to_string()
    True

    Raises: ValueError for a model that is not built.
    """
    if kwargs.pop("layer_range", None) is not None or kwargs:
        raise ValueError(f"model_to_dot() got unknown arguments: {sorted(kwargs)}.")
    if not model.built:
        raise ValueError(f"Model {model.name!r} is not built: call it on data, or its build().")
    label = functools.partial(
        _label,
        show_shapes=show_shapes,
        show_dtype=show_dtype,
        show_layer_names=show_layer_names,
        show_layer_activations=show_layer_activations,
        show_trainable=show_trainable,
    )
    settings = [f"rankdir={_quoted(rankdir)}", f"splines={_quoted(splines)}", f"dpi={dpi}"]
    settings.append('node [shape=box, fontname="Helvetica"]')
    if subgraph:
        settings = [f"label={_quoted(model.name)}", "labeljust=l", "style=dashed"]
    return Drawing([*settings, *_statements(model, label, expand_nested)], model.name, subgraph)


def _statements(model: Any, label: Callable[[Any], str], expand_nested: bool) -> list[str]:
    """The layers and the lines between them."""
    found = []
    for layer in _layers(model):
        if expand_nested and hasattr(layer, "get_layer"):
            settings = [f"label={_quoted(layer.name)}", "labeljust=l", "style=dashed"]
            inner = _statements(layer, label, expand_nested)
            found.append(str(Drawing([*settings, *inner], layer.name, part=True)))
        else:
            found.append(f"{_key(layer)} [label={_quoted(label(layer))}]")
    for source, target in _edges(model):
        ends = (_last(source), _first(target)) if expand_nested else (source, target)
        found.append(" -> ".join(map(_key, ends)))
    return found


class Drawing:
    """A graph in Graphviz's language."""

    def __init__(self, statements: list[str], name: str, part: bool = False):
        self.statements = statements
        self.head = f"subgraph {_quoted(f'cluster_{name}')}" if part else f"digraph {_quoted(name)}"

    def to_string(self) -> str:
        """The text in Graphviz's language."""
        lines = "\n".join(self.statements).replace("\n", "\n  ")
        return f"{self.head} {{\n  {lines}\n}}"

    __str__ = to_string

    def create(self, format: str = "png") -> bytes:
        """The picture, drawn by the program Graphviz.

        Raises: ImportError where the program is not installed; ValueError where it refuses.
        """
        try:
            done = subprocess.run(
                ["dot", f"-T{format}"],
                input=self.to_string().encode(),
                capture_output=True,
                check=False,
            )
        except FileNotFoundError:
            raise ImportError(
                "Drawing a model needs the program Graphviz (https://graphviz.org). A file that "
                "ends in '.dot' can be written without it."
            ) from None
        if done.returncode:
            raise ValueError(f"Graphviz could not draw the model: {done.stderr.decode().strip()}")
        return done.stdout

    def write(self, path: Any, format: str | None = None) -> None:
        """Write the picture, or for the ending ``.dot`` the text, into a file."""
        kind = format or Path(path).suffix[1:].lower() or "png"
        content = self.to_string().encode() if kind == "dot" else self.create(kind)
        with written_whole(path) as part:
            part.write_bytes(content)

    def _repr_svg_(self) -> str:
        return self.create("svg").decode()


def plot_model(
    model: Any,
    to_file: Any = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    **kwargs: Any,
) -> Any:
    """Write a drawing of a model into a file; ``.dot`` writes Graphviz's language, without it.

    The other endings (``.png``, ``.svg``, ``.pdf``…) need the program Graphviz. Arguments as of
    ``model_to_dot``.

    Returns: the Drawing, which a notebook shows.
    """
    graph = model_to_dot(
        model,
        show_shapes=show_shapes,
        show_dtype=show_dtype,
        show_layer_names=show_layer_names,
        rankdir=rankdir,
        expand_nested=expand_nested,
        dpi=dpi,
        show_layer_activations=show_layer_activations,
        show_trainable=show_trainable,
        splines=splines,
        **kwargs,
    )
    graph.write(to_file)
    return graph


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def _key(layer: Any) -> str:
    return f"layer_{id(layer)}"


def _layers(model: Any) -> list[Any]:
    """The layers, a graph's inputs among them."""
    if hasattr(model, "_nodes"):
        return list(dict.fromkeys(node.operation for node in model._nodes))
    inner = getattr(model, "_functional", None)
    return _layers(inner) if inner is not None else list(model.layers)


def _edges(model: Any) -> list[tuple[Any, Any]]:
    graph = model if hasattr(model, "_nodes") else getattr(model, "_functional", None)
    if graph is None:
        return []
    found = [
        (parent.operation, node.operation) for node in graph._nodes for parent in node.parent_nodes
    ]
    inside = set(map(id, _layers(model)))
    return list(dict.fromkeys(pair for pair in found if id(pair[0]) in inside))


def _first(layer: Any) -> Any:
    return _first(_layers(layer)[0]) if hasattr(layer, "get_layer") else layer


def _last(layer: Any) -> Any:
    return _last(_layers(layer)[-1]) if hasattr(layer, "get_layer") else layer


def _label(
    layer: Any,
    show_shapes: bool,
    show_dtype: bool,
    show_layer_names: bool,
    show_layer_activations: bool,
    show_trainable: bool,
) -> str:
    kind = type(layer).__name__
    lines = [f"{layer.name} ({kind})" if show_layer_names else kind]
    activation = getattr(layer, "activation", None)
    if show_layer_activations and activation is not None:
        lines.append(f"activation: {getattr(activation, '__name__', activation)}")
    if show_dtype:
        lines.append(f"dtype: {getattr(layer, 'dtype', '?')}")
    if show_shapes:
        lines += [f"in: {_shapes(layer, 'input')}", f"out: {_shapes(layer, 'output')}"]
    if show_trainable and getattr(layer, "weights", []):
        lines.append("trainable" if layer.trainable_weights else "not trainable")
    return "\n".join(lines)


def _shapes(layer: Any, part: str) -> str:
    for node in getattr(layer, "_inbound_nodes", ()):
        tensors = getattr(node, f"{part}_tensors")
        if tensors or part == "input":
            return ", ".join(str(tensor.shape) for tensor in tensors) or "-"
    return "?"


def get_source_inputs(tensor: Any) -> list[Any]:
    """The inputs, from ``Input``, that a symbolic tensor is made of.

    >>> x = kerasette.Input((3,))
    >>> kerasette.utils.get_source_inputs(kerasette.layers.Dense(1)(x)) == [x]
    True
    """
    found: dict[int, Any] = {}
    seen: set[int] = set()
    waiting = [leaf for leaf in tree.flatten(tensor) if isinstance(leaf, KerasTensor)]
    while waiting:
        one = waiting.pop(0)
        if id(one) in seen:
            continue
        seen.add(id(one))
        history = one._keras_history
        node = None if history is None else history.operation._inbound_nodes[history.node_index]
        if node is None or not node.input_tensors:
            found[id(one)] = one
        else:
            waiting += node.input_tensors
    return list(found.values())
