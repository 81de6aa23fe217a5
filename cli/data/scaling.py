"""Bringing numbers to a common scale, as fitted to the training samples."""

from typing import Any

import numpy as np


class Scaler:
    """``(x - shift) * factor``, over the last axis where there is one number for each column."""

    def __init__(self, shift: Any, factor: Any):
        self.shift = np.asarray(shift, "float64")
        self.factor = np.asarray(factor, "float64")

    @classmethod
    def fit(cls, scale: str | float | None, x: np.ndarray) -> "Scaler | None":
        """The scaler that ``scale`` names for the samples ``(n, ..., columns)``.

        A table's columns are each scaled on their own; pictures and the like (three axes and more)
        by one number, so that neighbours stay comparable. Missing values (NaN) are left out.
        """
        if scale is None:
            return None
        if not isinstance(scale, str):
            return cls(0.0, scale)
        axis = None if x.ndim > 2 else 0
        if scale == "standardize":
            shift = np.nanmean(x, axis=axis, dtype="float64")
            spread = np.nanstd(x, axis=axis, dtype="float64")
        else:
            shift = np.nanmin(x, axis=axis).astype("float64")
            spread = np.nanmax(x, axis=axis) - shift
        return cls.of_spread(shift, spread)

    @classmethod
    def of_spread(cls, shift: Any, spread: Any) -> "Scaler":
        """``(x - shift) / spread``; what does not vary stays as wide as it is."""
        shift, spread = np.nan_to_num(shift), np.nan_to_num(spread)
        constant = spread <= 1e-12 * np.maximum(1.0, np.abs(shift))
        return cls(shift, np.where(constant, 1.0, 1 / np.where(constant, 1.0, spread)))

    def apply(self, x: np.ndarray) -> np.ndarray:
        """Scaled, as float32."""
        if not self.shift.any() and self.factor.ndim == 0:
            return np.multiply(x, np.float32(self.factor), dtype="float32")
        if x.nbytes > 2**26 and self.shift.ndim == 0:  # no copy of large data in float64
            scaled = x.astype("float32")
            scaled -= np.float32(self.shift)
            scaled *= np.float32(self.factor)
            return scaled
        return ((x - self.shift) * self.factor).astype("float32")

    def invert(self, x: np.ndarray) -> np.ndarray:
        """The opposite of ``apply``, as float64."""
        return np.asarray(x, "float64") / self.factor + self.shift

    def to_json(self) -> dict[str, Any]:
        return {"shift": self.shift.tolist(), "factor": self.factor.tolist()}

    @classmethod
    def from_json(cls, saved: dict[str, Any]) -> "Scaler":
        return cls(saved["shift"], saved["factor"])
