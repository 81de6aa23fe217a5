"""``text_dataset_from_directory``: texts in folders, one folder for each class."""

from typing import Any

import numpy as np

from kerasette.data.directory import files_dataset


def text_dataset_from_directory(
    directory: Any,
    labels: Any = "inferred",
    label_mode: str | None = "int",
    class_names: Any = None,
    batch_size: int | None = 32,
    max_length: int | None = None,
    shuffle: bool = True,
    seed: int | None = None,
    validation_split: float | None = None,
    subset: str | None = None,
    follow_links: bool = False,
    format: str = "tf",
    verbose: bool = True,
) -> Any:
    """Batches of texts ``(batch,)`` of the ``.txt`` files (UTF-8) in folders, with labels.

    Args:
        max_length: texts are cut after so many bytes.

    The rest as in ``image_dataset_from_directory``.

    Returns: a PyDataset with ``class_names`` and ``file_paths``, or two.

    >>> reviews = kerasette.utils.text_dataset_from_directory("reviews")  # doctest: +SKIP

    Raises: ValueError for arguments or a folder that do not fit.
    """

    def read(path: str) -> np.ndarray:
        with open(path, "rb") as file:
            content = file.read() if max_length is None else file.read(max_length)
        return np.array(content.decode("utf-8", errors="replace"), object)

    return files_dataset(
        directory,
        read,
        (".txt",),
        labels=labels,
        label_mode=label_mode,
        class_names=class_names,
        batch_size=batch_size,
        shuffle=shuffle,
        seed=seed,
        validation_split=validation_split,
        subset=subset,
        follow_links=follow_links,
        verbose=verbose,
    )
