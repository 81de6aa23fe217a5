"""A run's files, written whole or not at all."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from kerasette.errors import FileError
from kerasette.saving import state_file
from kerasette.saving.atomic import written_whole

from ..errors import CheckpointProblem


def write_text(path: Path, text: str) -> None:
    """Write text as UTF-8, whole or not at all."""
    with written_whole(path) as part:
        part.write_text(text, encoding="utf-8", newline="\n")


def write_json(path: Path, value: Any) -> None:
    """Write plain values as JSON, whole or not at all."""
    write_text(path, json.dumps(value, indent=2, ensure_ascii=False, default=_plain) + "\n")


def load_state(path: Path) -> Any:
    """What ``save_state`` wrote. Raises ``CheckpointProblem``."""
    try:
        return state_file.load_state(path)
    except FileError as error:
        raise CheckpointProblem(str(error)) from error


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    return str(value)
