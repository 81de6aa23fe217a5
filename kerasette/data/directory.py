"""Files in folders, and the labels that the folders' names give."""

import os
from collections.abc import Callable
from typing import Any

import numpy as np

from kerasette.data.sample_dataset import SampleDataset

_SUBSETS = ("training", "validation", "both", None)
_LABEL_MODES = ("int", "binary", "categorical", None)


def files_dataset(
    directory: Any,
    read: Callable[[str], np.ndarray],
    endings: tuple[str, ...],
    *,
    labels: Any,
    label_mode: str | None,
    class_names: Any,
    batch_size: int | None,
    shuffle: bool,
    seed: int | None,
    validation_split: float | None,
    subset: str | None,
    follow_links: bool,
    verbose: bool,
) -> Any:
    """A dataset of the files under a folder; two of them for ``subset="both"``.

    Args:
        directory: the folder.
        read: makes an array of a file.
        endings: of the files that count.

    The rest as in ``image_dataset_from_directory``.

    Raises: ValueError for arguments or a folder that do not fit; FileNotFoundError for no folder.
    """
    directory = os.fspath(directory)
    if labels is None or label_mode is None:
        labels = label_mode = None
    _check(labels, label_mode, class_names, validation_split, subset, shuffle, seed)
    if seed is None:
        seed = int(np.random.randint(10**6))
    paths, numbers, names = index_directory(
        directory, labels, endings, class_names, shuffle, seed, follow_links, verbose
    )
    if label_mode == "binary" and len(names or ()) != 2:
        raise ValueError(f'`label_mode="binary"` needs two classes. Found: {names}.')

    def dataset(rows: slice, part: str | None) -> SampleDataset:
        chosen = paths[rows]
        if not chosen:
            what = f"no {part} files" if part else "no files"
            raise ValueError(f"There are {what} under {directory!r} that end in {endings}.")
        if part and verbose:
            print(f"Using {len(chosen)} files for {part}.")
        own = None if numbers is None else numbers[rows]

        def make(row: int) -> Any:
            value = read(chosen[row])
            if own is None:
                return value
            return value, _encoded(int(own[row]), label_mode, len(names or ()))

        again = shuffle and part != "validation"
        found = SampleDataset(make, len(chosen), batch_size, again, seed)
        found.class_names, found.file_paths = names, chosen
        return found

    kept = len(paths) - int((validation_split or 0.0) * len(paths))
    parts = {"training": slice(0, kept), "validation": slice(kept, None)}
    if subset == "both":
        return [dataset(rows, part) for part, rows in parts.items()]
    return dataset(parts[subset] if subset else slice(None), subset)


def _check(
    labels: Any,
    label_mode: Any,
    class_names: Any,
    validation_split: Any,
    subset: Any,
    shuffle: Any,
    seed: Any,
) -> None:
    if label_mode not in _LABEL_MODES:
        raise ValueError(
            f"`label_mode` must be one of {_LABEL_MODES}. Received: label_mode={label_mode!r}."
        )
    if labels not in ("inferred", None) and not isinstance(labels, (list, tuple)):
        raise ValueError(
            '`labels` must be "inferred", None, or a list of class numbers, one for each file in '
            f"the order of the paths. Received: labels={labels!r}."
        )
    if class_names is not None and labels != "inferred":
        raise ValueError('`class_names` may only be given with `labels="inferred"`.')
    if subset not in _SUBSETS:
        raise ValueError(f"`subset` must be one of {_SUBSETS}. Received: subset={subset!r}.")
    if validation_split and not 0 < validation_split < 1:
        raise ValueError(f"`validation_split` must be between 0 and 1: {validation_split}.")
    if bool(validation_split) != bool(subset):
        raise ValueError("Give both `validation_split` and `subset`, or neither.")
    if validation_split and shuffle and seed is None:
        raise ValueError(
            "With `validation_split` and `shuffle`, give a `seed`: without it, training and "
            "validation would have files in common."
        )


def index_directory(
    directory: str,
    labels: Any,
    endings: tuple[str, ...],
    class_names: Any,
    shuffle: bool,
    seed: int,
    follow_links: bool,
    verbose: bool,
) -> tuple[list[str], np.ndarray | None, list[str] | None]:
    """The files' paths, their class numbers and the classes' names.

    The order for a seed is that of Keras, so that the same files are kept for validation.
    """
    if not os.path.isdir(directory):
        raise FileNotFoundError(f"`directory` must be a folder. Received: {directory!r}.")
    folders = [""]
    if labels == "inferred":
        folders = [
            name
            for name in sorted(os.listdir(directory))
            if os.path.isdir(os.path.join(directory, name)) and not name.startswith(".")
        ]
        if class_names is not None:
            unknown = sorted(set(class_names) - set(folders))
            if unknown:
                raise ValueError(
                    f"`class_names` holds {unknown}, but the folders in {directory!r} are "
                    f"{folders}."
                )
            folders = list(class_names)
    paths: list[str] = []
    numbers: list[int] = []
    for number, folder in enumerate(folders):
        found = _files(os.path.join(directory, folder), endings, follow_links)
        paths += found
        numbers += [number] * len(found)
    names: list[str] | None = folders
    if labels is None:
        names = None
    elif labels != "inferred":
        if len(labels) != len(paths):
            raise ValueError(
                f"`labels` has {len(labels)} entries, but there are {len(paths)} files in "
                f"{directory!r}."
            )
        numbers = list(labels)
        names = [str(label) for label in sorted(set(labels))]
    if verbose:
        classes = "" if names is None else f" belonging to {len(names)} classes"
        print(f"Found {len(paths)} files{classes}.")
    if shuffle:
        np.random.RandomState(seed).shuffle(paths)
        np.random.RandomState(seed).shuffle(numbers)
    return paths, None if names is None else np.array(numbers, "int32"), names


def _files(folder: str, endings: tuple[str, ...], follow_links: bool) -> list[str]:
    found = []
    for root, _, files in sorted(os.walk(folder, followlinks=follow_links), key=lambda x: x[0]):
        names = sorted(name for name in files if name.lower().endswith(endings))
        found += [os.path.join(root, name) for name in names]
    return found


def _encoded(number: int, label_mode: str | None, classes: int) -> Any:
    if label_mode == "binary":
        return np.array([number], "float32")
    if label_mode == "categorical":
        return (np.arange(classes) == number).astype("float32")
    return np.int32(number)
