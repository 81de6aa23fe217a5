"""A model from the config's section ``model``."""

from pathlib import Path
from typing import Any

from kerasette.errors import nearest

from ..config.nodes import KeyPath
from ..config.problems import Problem, Problems
from ..config.schema import Config
from ..errors import CheckpointProblem
from .code import Code
from .graph import LayerGraph, Vertex
from .objects import FAILED, Objects, sentence

Inputs = dict[str, tuple[tuple[int | None, ...], str]]
"""The inputs by name: the shape of one sample, and the dtype."""


def build_model(config: Config, inputs: Inputs, problems: Problems, code: Code | None) -> Any:
    """The model, built; ``None`` where ``problems`` say why not.

    Raises ``CheckpointProblem`` for a saved model that cannot be used.
    """
    model: Any
    if config.model.file is not None:
        model = load_saved(config.model.file, code, problems=problems)
    elif config.model.function is not None:
        model = _from_function(config, problems, code)
    else:
        model = _from_layers(config, inputs, problems, code)
    if model is None:
        return None
    if not model.built and len(inputs) == 1:
        ((shape, _),) = inputs.values()
        try:
            model.build((None, *shape))
        except (ValueError, TypeError, NotImplementedError) as error:
            problems.add(("model",), sentence(error))
            return None
    if config.model.weights is not None:
        _load_weights(model, config.model.weights, problems)
    return model


def check_model(config: Config, problems: Problems, code: Code | None) -> None:
    """Find what is wrong with a model by itself, where the data are not known.

    Raises ``CheckpointProblem`` for a saved model that cannot be used.
    """
    section = config.model
    if section.file is not None:
        load_saved(section.file, code, problems=problems)
    elif section.function is not None:
        _own_function(config, problems, code)
    objects = Objects(problems, code)
    for index, given in enumerate(section.layers or ()):
        spec = {"type": given} if isinstance(given, str) else dict(given)
        spec.pop("inputs", None)
        if spec["type"] not in ("Input", "InputLayer"):
            objects.make(spec, "layer", ("model", "layers", index))


def load_saved(
    path: str | Path, code: Code | None, compile: bool = False, problems: Problems | None = None
) -> Any:
    """A saved model. Raises ``CheckpointProblem``, with the config's place where it names it."""
    from kerasette import models, saving

    if not Path(path).exists():
        raise _unusable(("model", "file"), f"there is no model file {path}.", problems)
    try:
        with saving.custom_object_scope(code.objects if code else {}):
            return models.load_model(path, compile=compile)
    except (ValueError, TypeError, OSError, KeyError, ImportError) as error:
        hint = "" if code else " A class of your own must be given by --code."
        hint = hint if "custom" in str(error).lower() or "unknown" in str(error).lower() else ""
        said = f"{path} cannot be used: {sentence(error)}{hint}"
        raise _unusable(("model", "file"), said, problems) from error


def _load_weights(model: Any, path: str, problems: Problems) -> None:
    where: KeyPath = ("model", "weights")
    if not Path(path).exists():
        raise _unusable(where, f"there is no file {path}.", problems)
    try:
        model.load_weights(path)
    except (ValueError, OSError, KeyError) as error:
        said = f"{path} cannot be used: {sentence(error)}"
        raise _unusable(where, said, problems) from error


class UnusableFile(CheckpointProblem):
    """A file that a config names and that cannot be used, with the places that name it."""

    def __init__(self, problem: Problem):
        self.problems = [problem]
        super().__init__(str(problem))


def _unusable(path: KeyPath, message: str, problems: Problems | None) -> CheckpointProblem:
    if problems is None:
        return CheckpointProblem(f"{message[0].upper()}{message[1:]}")
    return UnusableFile(problems.problem(path, message))


def _own_function(config: Config, problems: Problems, code: Code | None) -> Any:
    """The function of ``model.function`` and its arguments, or ``None``."""
    name = config.model.function or ""
    path: KeyPath = ("model", "function")
    if code is None:
        problems.add(path, f"{name} is a function of your own: give its file as --code FILE.")
        return None
    function = code.functions.get(name)
    if function is None:
        hint = nearest(name, code.functions)
        problems.add(path, f"{code.path.name} has no function {name!r}.{hint}")
        return None
    arguments = Objects(problems, code).arguments(
        function, config.model.arguments, ("model", "arguments")
    )
    return None if arguments is FAILED else (function, arguments)


def _from_function(config: Config, problems: Problems, code: Code | None) -> Any:
    found = _own_function(config, problems, code)
    if found is None:
        return None
    function, arguments = found
    name, path = config.model.function, ("model", "function")
    model = function(**arguments)
    if not hasattr(model, "fit"):
        problems.add(path, f"{name} must return a model; it returned a {type(model).__name__}.")
        return None
    return model


def _named_inputs(config: Config, inputs: Inputs, problems: Problems) -> Inputs:
    """The inputs with the names and shapes that the config gives them."""
    given = config.model.inputs
    if given is None:
        return inputs
    if len(given) != len(inputs):
        problems.add(
            ("model", "inputs"),
            f"names {len(given)}, and the data have {len(inputs)}.",
            at_key=True,
        )
        return {name: (tuple(shape), "float32") for name, shape in given.items()}
    found: Inputs = {}
    for name in given if len(given) > 1 else ():
        if name not in inputs:
            hint = nearest(name, inputs) or f" They are: {', '.join(inputs)}."
            problems.add(("model", "inputs", name), f"is no input of the data.{hint}", at_key=True)
    if problems:
        return inputs
    for name, shape in given.items():
        there, dtype = inputs[name] if len(given) > 1 else next(iter(inputs.values()))
        fits = len(shape) == len(there) and all(
            size in (None, has) for size, has in zip(shape, there, strict=True)
        )
        if not fits:
            problems.add(
                ("model", "inputs", name), f"samples of the data have the shape {list(there)}."
            )
        found[name] = (tuple(shape), dtype)
    return found


def _from_layers(config: Config, inputs: Inputs, problems: Problems, code: Code | None) -> Any:
    section = config.model
    inputs = _named_inputs(config, inputs, problems)
    outputs = [section.outputs] if isinstance(section.outputs, str) else section.outputs
    layers = section.layers or []
    graph = LayerGraph(layers, list(inputs), outputs, problems)
    objects = Objects(problems, code)
    made = {}
    for vertex in graph.vertices.values():
        if vertex.spec["type"] in ("Input", "InputLayer"):
            problems.add(
                vertex.path,
                "the input's shape is that of the data; leave it out, or give "
                "model.inputs: {name: [sizes]}.",
            )
            continue
        made[vertex.name] = objects.make(vertex.spec, "layer", vertex.path)
    if problems:
        return None
    return _connect(config, graph, made, inputs, problems)


def _connect(
    config: Config, graph: LayerGraph, made: dict[str, Any], inputs: Inputs, problems: Problems
) -> Any:
    """Call each layer on what it takes; the first that refuses ends it."""
    import kerasette

    entries = {
        name: kerasette.Input(shape=shape, dtype=dtype, name=name)
        for name, (shape, dtype) in inputs.items()
    }
    name = config.model.name
    if graph.is_chain:
        (entry,) = entries.values()
        layers = [made[vertex.name] for vertex in graph.order]
        try:
            return kerasette.Sequential([entry, *layers], name=name)
        except (ValueError, TypeError, NotImplementedError):
            _find_failing(graph, made, entry, problems)
            return None
    tensors: dict[str, Any] = dict(entries)
    for vertex in graph.order:
        taken = {key: tensors[source] for key, source in vertex.sources.items()}
        try:
            tensors[vertex.name] = _call(made[vertex.name], vertex, taken)
        except (ValueError, TypeError, NotImplementedError) as error:
            shapes = ", ".join(f"{s} {tensors[s].shape}" for s in vertex.sources.values())
            problems.add(vertex.path, f"{sentence(error)} It takes {shapes}.")
            return None
    starts = list(entries.values())
    ends = [tensors[name] for name in graph.outputs]
    return kerasette.Model(
        starts[0] if len(starts) == 1 else entries, ends[0] if len(ends) == 1 else ends, name=name
    )


def _call(layer: Any, vertex: Vertex, taken: dict[Any, Any]) -> Any:
    if vertex.form == "keywords":
        return layer(**taken)
    if vertex.form == "list":
        return layer(list(taken.values()))
    return layer(taken[0])


def _find_failing(graph: LayerGraph, made: dict[str, Any], entry: Any, problems: Problems) -> None:
    """Call the layers of a chain one by one, to say which of them refuses what it gets."""
    value, before = entry, ""
    for vertex in graph.order:
        try:
            value = made[vertex.name](value)
        except (ValueError, TypeError, NotImplementedError) as error:
            text = sentence(error)
            known = not before or str(value.shape) in text
            problems.add(
                vertex.path,
                text if known else f"{text} The layer before it ({before}) gives {value.shape}.",
            )
            return
        before = vertex.spec["type"]
    problems.add(("model", "layers"), "the layers cannot be put on top of one another.")
