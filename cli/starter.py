"""A first config for data: what they are is found out, the rest is a good beginning."""

import os
from collections import Counter
from pathlib import Path
from typing import NoReturn

from kerasette.errors import nearest

from .config.dump import to_yaml
from .config.load import EMBEDDED
from .data.array_files import SUFFIXES as _ARRAYS
from .data.array_files import ArrayFile
from .data.blame import Blame
from .data.columns import as_texts, find_kind
from .data.folders import read_class_folders
from .data.frame import Frame, read_frame
from .data.pictures import SUFFIXES, read_picture
from .errors import DataProblem

_MISSING = ["", "NA", "N/A", "NaN", "nan", "null", "None", "?"]
_MOST_PIXELS = 96

CLASSES = """\
compile:
  optimizer: {type: Adam, learning_rate: 1e-3}
  loss: sparse_categorical_crossentropy
  metrics: [accuracy]
"""
NUMBERS = """\
compile:
  optimizer: {type: Adam, learning_rate: 1e-3}
  loss: mean_squared_error
  metrics: [mean_absolute_error]
"""
END = """\
fit:
  epochs: 50
  batch_size: 32

callbacks:
  # Ends when the validation data have not been predicted better for five epochs.
  - {type: EarlyStopping, monitor: val_loss, patience: 5}
"""


def starter(
    data: Path | None, target: str | None, series: bool, folder: Path
) -> tuple[str, list[str]]:
    """A config's text for the data, to be written into ``folder``; and notes for people.

    Raises ``DataProblem`` for data that cannot be read.
    """
    if data is None:
        return (EMBEDDED / "digits.yaml").read_text(encoding="utf-8"), []
    if not data.exists():
        _fail(f"there is no {data}.")
    path = os.path.relpath(data.resolve(), folder).replace(os.sep, "/")
    if data.is_dir():
        return _folder(data, path)
    if data.suffix.lower() in _ARRAYS:
        return _arrays(data, path)
    frame = read_frame(data, None, _MISSING, _fail)
    name = target or list(frame.columns)[-1]
    if name not in frame.columns:
        hint = nearest(name, frame.columns) or f" It has: {', '.join(frame.columns)}."
        _fail(f"{data.name} has no column {name!r}.{hint}")
    notes = [] if target else [f"the target is the last column, {name!r}; --target names another"]
    text = _series(frame, path, name) if series else _table(frame, path, name)
    return text, notes


def _fail(message: str) -> NoReturn:
    raise DataProblem(message[0].upper() + message[1:])


def _head(what: str) -> str:
    return (
        f"# {what}\n# Check it with kerasette check, train it with kerasette train.\n"
        "version: 1\nseed: 1\n\n"
    )


def _last(units: int, is_class: bool) -> str:
    """The last layer."""
    if is_class:
        return (
            f"    - {{type: Dense, units: {units}, activation: softmax}}  # one for each class\n\n"
        )
    return f"    - {{type: Dense, units: {units}}}\n\n"


def _table(frame: Frame, path: str, target: str) -> str:
    column = frame.columns[target]
    texts = {text for text in as_texts(column) if text is not None}
    is_number = find_kind(column)[0] == "number" and not (
        len(texts) <= 20 and all(float(text) % 1 == 0 for text in texts)
    )
    kinds = {name: find_kind(values)[0] for name, values in frame.columns.items() if name != target}
    lines = "".join(f"    {line}\n" for line in to_yaml(kinds).splitlines())
    scale = "  target_scale: standardize  # undone again in predictions\n" if is_number else ""
    data = (
        f"data:\n  type: table\n{to_yaml({'path': path, 'target': target}, depth=1)}"
        f"  target_type: {'number' if is_number else 'category'}\n{scale}"
        "  split: {validation: 0.1, test: 0.1}\n"
        "  # How the columns are read: number, category, date, text, or ignore.\n"
        f"  columns:\n{lines}\n"
    )
    model = (
        "model:\n  layers:\n    - {type: Dense, units: 64, activation: relu}\n"
        "    - {type: Dropout, rate: 0.1}\n    - {type: Dense, units: 32, activation: relu}\n"
        f"{_last(1 if is_number else len(texts), not is_number)}"
    )
    head = _head(f"Predicts {target} from the other columns of a table.")
    return f"{head}{data}{model}{NUMBERS if is_number else CLASSES}\n{END}"


def _series(frame: Frame, path: str, target: str) -> str:
    window = max(2, min(24, frame.rows // 20))
    data = (
        f"data:\n  type: time_series\n{to_yaml({'path': path, 'target': target}, depth=1)}"
        f"  window: {window}   # rows that a prediction sees\n"
        "  horizon: 1   # how many rows later is predicted\n"
        "  split: {validation: 0.1, test: 0.1}  # in the order of time\n\n"
    )
    model = "model:\n  layers:\n    - {type: LSTM, units: 32}\n    - {type: Dense, units: 1}\n\n"
    head = _head(f"Predicts the next value of {target} from the rows before it.")
    return f"{head}{data}{model}{NUMBERS}\n{END}"


def _folder(data: Path, path: str) -> tuple[str, list[str]]:
    suffixes = Counter(file.suffix.lower() for file in data.rglob("*") if file.is_file())
    pictures = sum(suffixes[suffix] for suffix in SUFFIXES)
    if not pictures and not suffixes[".txt"]:
        _fail(f"{data} has neither pictures nor .txt files in it.")
    from .config.nodes import Node, Place

    blame = Blame(Node({}, Place(str(data))))
    is_text = suffixes[".txt"] > pictures
    kinds = (".txt",) if is_text else SUFFIXES
    (files, _), _, names = read_class_folders(data, kinds, blame)
    place = to_yaml({"path": path}, depth=1)
    last = _last(len(names), is_class=True)
    if is_text:
        body = (
            f"data:\n  type: text\n{place}  vocabulary: 10000  # words\n"
            "  length: 200        # words of a text\n"
            "  split: {validation: 0.1, test: 0.1}\n\n"
            "model:\n  layers:\n    - {type: Embedding, input_dim: 10002, output_dim: 32, "
            "mask_zero: true}\n    - GlobalAveragePooling1D\n    - {type: Dropout, rate: 0.3}\n"
        )
        return f"{_head('Tells kinds of texts.')}{body}{last}{CLASSES}\n{END}", []
    height, width, color = _picture_form(files)
    body = (
        f"data:\n  type: images\n{place}  size: [{height}, {width}]  # all pictures get it\n"
        f"  color: {color}\n  split: {{validation: 0.1, test: 0.1}}\n\n{_convolutions()}"
    )
    return f"{_head('Tells kinds of pictures.')}{body}{last}{CLASSES}\n{END}", []


def _convolutions() -> str:
    return (
        "model:\n  layers:\n"
        "    - {type: Conv2D, filters: 32, kernel_size: 3, padding: same, activation: relu}\n"
        "    - MaxPooling2D\n"
        "    - {type: Conv2D, filters: 64, kernel_size: 3, padding: same, activation: relu}\n"
        "    - MaxPooling2D\n    - Flatten\n    - {type: Dropout, rate: 0.3}\n"
    )


def _picture_form(files: list[Path]) -> tuple[int, int, str]:
    """Height, width and colour by the first pictures."""
    shapes = [read_picture(file, _fail).shape for file in files[:50]]
    height, width = (sorted(shape[axis] for shape in shapes)[len(shapes) // 2] for axis in (0, 1))
    factor = min(1.0, _MOST_PIXELS / max(height, width))
    grey = all(shape[2] <= 2 for shape in shapes)
    return round(height * factor), round(width * factor), "grey" if grey else "rgb"


def _arrays(data: Path, path: str) -> tuple[str, list[str]]:
    file = ArrayFile(data, _fail)
    names, read = file.names, file.read
    x_name = next((name for name in ("x", "x_train", "X") if name in names), None)
    y_name = next((n for n in ("y", "y_train", "labels", "target") if n in names), None)
    if x_name is None or y_name is None:
        _fail(f"which arrays are x and y? {data.name} has {', '.join(names)}; name them x and y.")
    x, y = read(x_name), read(y_name)
    is_class = y.dtype.kind in "iub" and y.ndim == 1
    units = int(y.max()) + 1 if is_class else int(y.size // max(1, len(y)))
    shape = x.shape[1:]
    is_picture = len(shape) in (2, 3) and min(shape[:2]) >= 6
    reshape = f"  reshape: [{shape[0]}, {shape[1]}, 1]\n" if is_picture and len(shape) == 2 else ""
    scale = "standardize"
    if x.dtype.kind == "u" and x.dtype.itemsize == 1:
        scale = f"1/{255 if x.max() > 16 else 16}"
    front = (
        f"data:\n  type: arrays\n{to_yaml({'path': path}, depth=1)}{reshape}  scale: {scale}\n"
        "  split: {validation: 0.1}\n\n"
    )
    flat = "" if len(shape) <= 1 else "    - Flatten\n"
    model = _convolutions() if is_picture else (
        f"model:\n  layers:\n{flat}    - {{type: Dense, units: 64, activation: relu}}\n"
    )  # fmt: skip
    head = _head("Learns y from x.")
    return (
        f"{head}{front}{model}{_last(units, is_class)}{CLASSES if is_class else NUMBERS}\n{END}",
        [],
    )
