"""How data were made into numbers, kept with a run so that new samples get the same."""

import json
from pathlib import Path
from typing import Any

from ..errors import CheckpointProblem
from .parts import Prepared, Target


def processing_class(kind: str) -> Any:
    """The class of a kind of processing."""
    if kind == "arrays":
        from .arrays import ArrayProcessing

        return ArrayProcessing
    if kind == "inputs":
        from .arrays import InputsProcessing

        return InputsProcessing
    if kind == "table":
        from .table import TableProcessing

        return TableProcessing
    if kind == "images":
        from .images import ImageProcessing

        return ImageProcessing
    if kind == "text":
        from .text import TextProcessing

        return TextProcessing
    if kind == "time_series":
        from .time_series import WindowProcessing

        return WindowProcessing
    raise ValueError(f"there is no processing of the kind {kind!r}")


def processing_json(data: Prepared) -> dict[str, Any]:
    """What a run keeps of its data's processing, as plain values."""
    return {
        "version": 1,
        "kind": data.processing.kind,
        "processing": data.processing.to_json(),
        "target": data.target.to_json(),
    }


def load_processing(path: Path) -> tuple[Any, Target]:
    """The processing and the target of a run. Raises ``CheckpointProblem``."""
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        processing = processing_class(saved["kind"]).from_json(saved["processing"])
        return processing, Target.from_json(saved["target"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CheckpointProblem(f"{path} cannot be used: {error}.") from error
