"""``compile`` and the callbacks from a config, each entry checked for itself."""

from pathlib import Path
from typing import Any

from ..config.nodes import KeyPath
from ..config.problems import Problems
from ..config.schema import Config
from .code import Code
from .objects import FAILED, Objects, sentence

_SHAPE_DEPENDENT = ("accuracy", "acc", "crossentropy", "ce")  # metrics that Keras picks by shapes
_FILE_ARGUMENTS = ("filepath", "filename", "log_dir", "backup_dir", "path")


def compile_model(
    model: Any, config: Config, problems: Problems, code: Code | None, is_whole: bool = True
) -> None:
    """Compile the model; what cannot be is added to ``problems``.

    Without ``is_whole`` the model is another one, and only the objects by themselves are checked.
    """
    section, objects = config.compile, Objects(problems, code)
    if section.loss is None:
        problems.add(
            ("compile",),
            "has no loss. For classes write loss: sparse_categorical_crossentropy, for numbers "
            "loss: mean_squared_error.",
            at_key=True,
        )
        return
    optimizer = objects.make(section.optimizer, "optimizer", ("compile", "optimizer"))
    loss = _each(objects, section.loss, "loss", ("compile", "loss"))
    metrics = _each(objects, section.metrics, "metric", ("compile", "metrics"))
    weighted = _each(objects, section.weighted_metrics, "metric", ("compile", "weighted_metrics"))
    if problems or not is_whole:
        return
    arguments = {
        name: getattr(section, name)
        for name in type(section).model_fields
        if name not in ("optimizer", "loss", "metrics", "weighted_metrics")
    }
    try:
        model.compile(
            optimizer=optimizer,
            loss=loss,
            metrics=[metrics] if isinstance(metrics, str) else metrics,
            weighted_metrics=[weighted] if isinstance(weighted, str) else weighted,
            **arguments,
        )
    except (ValueError, TypeError) as error:
        problems.add(("compile",), sentence(error), at_key=True)


def _each(objects: Objects, spec: Any, kind: str, path: KeyPath) -> Any:
    """Objects in the structure of ``spec``. Names stay names, which ``compile`` knows best."""
    if isinstance(spec, list):
        return [_each(objects, entry, kind, (*path, i)) for i, entry in enumerate(spec)]
    if isinstance(spec, dict) and "type" not in spec:
        return {key: _each(objects, entry, kind, (*path, key)) for key, entry in spec.items()}
    if spec is None or (kind == "metric" and spec in _SHAPE_DEPENDENT):
        return spec
    if isinstance(spec, str):
        found = objects.find(spec, kind, path)
        is_own = objects.code is not None and spec in objects.code.objects
        return objects.make(spec, kind, path) if is_own and found is not FAILED else spec
    return objects.make(spec, kind, path)


def make_callbacks(
    config: Config, folder: Path, problems: Problems, code: Code | None
) -> list[Any]:
    """The config's callbacks. Files that they write with a relative path go into ``folder``."""
    objects = Objects(problems, code)
    made = []
    for index, given in enumerate(config.callbacks):
        spec = {"type": given} if isinstance(given, str) else dict(given)
        for name in _FILE_ARGUMENTS:
            if isinstance(spec.get(name), str):
                spec[name] = str(folder / Path(spec[name]).expanduser())
        made.append(objects.make(spec, "callback", ("callbacks", index)))
    return made
