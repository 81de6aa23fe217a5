"""A model's outputs by their names, and what the config says of each."""

from typing import Any


def output_names(model: Any) -> list[str]:
    """The names of the outputs; none where the model is code whose outputs are not known."""
    try:
        shape = model.output_shape
        names = list(shape) if isinstance(shape, dict) else list(model.output_names)
    except (AttributeError, ValueError):
        return []
    return names


def by_output(model: Any, values: Any) -> Any:
    """What a model with several outputs gives, as a dict by name; of one with one output as it is.

    Outputs without names are called ``prediction_0`` and so on.
    """
    if not isinstance(values, list | tuple):
        return values
    names = output_names(model)
    if len(names) != len(values):
        names = [f"prediction_{index}" for index in range(len(values))]
    return dict(zip(names, values, strict=True))


def spec_of(given: Any, name: str, index: int) -> Any:
    """What a section such as ``compile.loss`` says for one of several outputs."""
    if isinstance(given, list):
        return given[index] if index < len(given) else None
    if isinstance(given, dict) and "type" not in given:
        return given.get(name)
    return given


def logits_by_output(model: Any, loss: Any) -> Any:
    """Whether the outputs are no probabilities yet, as the loss says; a dict for several."""
    names = output_names(model)
    if len(names) > 1:
        return {name: _is_of_logits(spec_of(loss, name, i)) for i, name in enumerate(names)}
    return _is_of_logits(spec_of(loss, names[0], 0) if names else loss)


def _is_of_logits(spec: Any) -> bool:
    return isinstance(spec, dict) and bool(spec.get("from_logits"))
