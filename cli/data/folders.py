"""Folders with a folder for each class: the files of training and test, with their classes."""

from pathlib import Path

import numpy as np

from .blame import Blame

Found = tuple[list[Path], np.ndarray]  # files, class numbers


def read_class_folders(
    path: Path, suffixes: tuple[str, ...], blame: Blame
) -> tuple[Found, Found | None, list[str]]:
    """Files by class, those to test with, and the classes' names.

    Where the folder has the folders ``train`` and ``test``, these hold the classes' folders.
    """
    if not path.is_dir():
        blame.fail("path", f"there is no folder {path}.")
    parts = {entry.name: entry for entry in path.iterdir() if entry.is_dir()}
    train, test = path, None
    if "train" in parts:
        train, test = parts["train"], parts.get("test")
    names = _classes(train)
    if len(names) < 2:
        blame.fail("path", f"{train} must have a folder for each of at least two classes; it has "
                   f"{', '.join(names) or 'none'}.")  # fmt: skip
    found = _files(train, names, suffixes, blame)
    if test is None:
        return found, None, names
    unknown = set(_classes(test)) - set(names)
    if unknown:
        blame.fail("path", f"{test} has the class {min(unknown)!r}, which {train} has not.")
    return found, _files(test, names, suffixes, blame), names


def _classes(folder: Path) -> list[str]:
    hidden = (".", "__")
    return sorted(e.name for e in folder.iterdir() if e.is_dir() and not e.name.startswith(hidden))


def _files(folder: Path, names: list[str], suffixes: tuple[str, ...], blame: Blame) -> Found:
    files: list[Path] = []
    classes: list[int] = []
    for number, name in enumerate(names):
        inside = sorted(p for p in (folder / name).rglob("*") if p.suffix.lower() in suffixes)
        files += inside
        classes += [number] * len(inside)
        if not inside and (folder / name).is_dir():
            blame.fail("path", f"{folder / name} has no file that ends in {', '.join(suffixes)}.")
    return files, np.array(classes, "int32")
