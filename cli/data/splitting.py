"""Parting samples into training, validation and test data, the same for the same seed."""

import numpy as np

from ..config.schema_data import Split
from .blame import Blame

Rows = np.ndarray


def hold_back(rows: Rows, labels: np.ndarray | None, number: int, seed: int) -> tuple[Rows, Rows]:
    """``rows`` in a shuffled order, parted in two; the second has ``number`` of them.

    Where ``labels`` (one for each of ``rows``) are given, every class gives the same share.
    """
    from kerasette.datasets.splits import stratified_split

    classes = np.zeros(len(rows), "uint8") if labels is None else labels
    (first, _), (second, _) = stratified_split(rows, classes, number, seed)
    return first, second


class Splitter:
    """Carries out a config's ``data.split``."""

    def __init__(self, split: Split, seed: int, blame: Blame):
        self.split, self.blame = split, blame
        self.seed = seed if split.seed is None else split.seed

    def test(self, count: int, labels: np.ndarray | None) -> tuple[Rows, Rows]:
        """The rows to train (and validate) with, and those to test with."""
        share = 0.1 if self.split.test is None else self.split.test
        return self._part("test", np.arange(count), labels, share)

    def validation(self, count: int, labels: np.ndarray | None) -> tuple[Rows, Rows]:
        """The rows to train with, and those to validate with."""
        return self._part("validation", np.arange(count), labels, self.split.validation)

    def _part(
        self, name: str, rows: Rows, labels: np.ndarray | None, share: float | int
    ) -> tuple[Rows, Rows]:
        if not share:
            return rows, rows[:0]
        number = share if isinstance(share, int) else max(1, round(share * len(rows)))
        if number >= len(rows):
            self.blame.fail(
                ("split", name),
                f"{len(rows)} samples cannot give {share} of them and keep some to train with.",
            )
        return hold_back(rows, self._strata(labels), number, self.seed)

    def _strata(self, labels: np.ndarray | None) -> np.ndarray | None:
        if self.split.stratify is False:
            return None
        if labels is None:
            if self.split.stratify:
                self.blame.fail(
                    ("split", "stratify"), "is for targets that are classes; these are numbers."
                )
            return None
        return labels
