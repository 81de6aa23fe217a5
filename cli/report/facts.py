"""What a report tells of a model and its predictions, kept with the run as plain values."""

from typing import Any

import numpy as np

from ..data.parts import Part, Target

_MOST_CLASSES = 40
_MOST_POINTS = 400


def model_facts(model: Any) -> list[dict[str, Any]]:
    """The layers in order: name, class, output shape, number of weights, and what they take."""
    names = {layer.name for layer in model.layers}
    found = []
    for layer in model.layers:
        nodes = getattr(layer, "_inbound_nodes", ())
        parents = [parent.operation.name for node in nodes[:1] for parent in node.parent_nodes]
        found.append(
            {
                "name": layer.name,
                "class": type(layer).__name__,
                "shape": _shape(nodes),
                "weights": sum(int(np.prod(v.shape)) for v in layer.weights),
                "trainable": bool(layer.trainable_weights) or not layer.weights,
                "inputs": [name for name in parents if name in names],
            }
        )
    return found


def _shape(nodes: Any) -> str:
    shapes = [tensor.shape for node in nodes[:1] for tensor in node.output_tensors]
    return ", ".join(" × ".join("n" if s is None else str(s) for s in shape) for shape in shapes)


def analyse(outputs: Any, part: Part, target: Target) -> dict[str, Any]:
    """How predictions compare with the targets: a confusion matrix, or pairs of true and predicted.

    Of each output where there are several; nothing where there are very many classes.
    """
    if target.parts and isinstance(outputs, dict):
        found = {
            name: analyse(outputs[name], Part(None, part.y[name]), kind)
            for name, kind in target.parts.items()
            if name in outputs
        }
        return {"kind": "several", "outputs": found}
    if not isinstance(outputs, np.ndarray):
        return {}
    if target.labels is not None:
        return _confusion(outputs, part, target.labels)
    if outputs.size != len(outputs) or part.y.size != len(part.y):
        return {}
    true, predicted = (np.asarray(v, "float64").reshape(-1) for v in (part.y, outputs))
    if target.scaler is not None:
        true, predicted = (target.scaler.invert(v[:, None])[:, 0] for v in (true, predicted))
    rows = np.linspace(0, len(true) - 1, min(len(true), _MOST_POINTS)).astype(int)
    return {
        "kind": "residuals",
        "target": target.name,
        "true": [float(f"{v:.6g}") for v in true[rows]],
        "predicted": [float(f"{v:.6g}") for v in predicted[rows]],
    }


def _confusion(outputs: np.ndarray, part: Part, labels: list[str]) -> dict[str, Any]:
    count = len(labels)
    if count > _MOST_CLASSES:
        return {}
    if outputs.ndim == 2 and outputs.shape[1] >= count:
        predicted = outputs[:, :count].argmax(axis=1)
    elif count == 2 and outputs.size == len(outputs):
        predicted = (outputs.reshape(-1) > 0.5).astype(int)
    else:
        return {}
    y = part.y
    true = y.argmax(axis=1) if y.ndim == 2 and y.shape[1] > 1 else y.reshape(-1).astype(int)
    matrix = np.zeros((count, count), int)
    np.add.at(matrix, (true, predicted), 1)
    return {"kind": "confusion", "labels": labels, "matrix": matrix.tolist()}
