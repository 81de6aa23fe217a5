"""``Discretization``: numbers as the numbers of the bins that they fall into."""

from typing import Any

import numpy as np

from kerasette import ops
from kerasette.declared import declared
from kerasette.layers.preprocessing.batches import batches_of
from kerasette.layers.preprocessing.data_layer import DataLayer
from kerasette.layers.preprocessing.encoding import MODES, check_mode, encode


@declared
class Discretization(DataLayer):
    """The bin that each number falls into, of any shape; bins are open above.

    Args:
        bin_boundaries: where bins meet, rising; n of them make n + 1 bins.
        num_bins: how many bins ``adapt(data)`` is to make, each for as many of the numbers.
        epsilon: how exact the boundaries learnt from several batches are, as a share of all.
        output_mode: "int", or how the bins' numbers are encoded: as in ``CategoryEncoding``.
        sparse: must be False.

    >>> layer = kerasette.layers.Discretization([0.0, 1.0])
    >>> layer(np.array([-3.0, 0.0, 0.5, 7.0])).numpy()
    array([0, 1, 1, 2], dtype=int32)

    Raises: ValueError where not exactly one of ``bin_boundaries`` and ``num_bins`` is given.
    """

    bin_boundaries: Any = None
    num_bins: int | None = None
    epsilon: float = 0.01
    output_mode: str = "int"
    sparse: bool = False
    dtype: Any = None
    name: Any = None

    def validate(self) -> None:
        if (self.bin_boundaries is None) == (self.num_bins is None):
            raise ValueError(
                "Discretization takes either `bin_boundaries` or `num_bins`. Received: "
                f"bin_boundaries={self.bin_boundaries}, num_bins={self.num_bins}."
            )
        if self.num_bins is not None and self.num_bins < 1:
            raise ValueError(f"`num_bins` must be at least 1. Received: num_bins={self.num_bins}.")
        if self.bin_boundaries is not None:
            self.bin_boundaries = np.asarray(self.bin_boundaries, "float64").tolist()
            if sorted(self.bin_boundaries) != self.bin_boundaries:
                raise ValueError(
                    f"`bin_boundaries` must rise. Received: bin_boundaries={self.bin_boundaries}."
                )
        self.output_mode = check_mode("Discretization", self.output_mode, MODES, self.sparse)
        self.reset_state()

    @property
    def input_dtype(self) -> str:
        return "float32"

    @property
    def output_dtype(self) -> str:
        """The dtype of the outputs: "int32" for indices, else the layer's own."""
        return "int32" if self.output_mode == "int" else self.compute_dtype

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Make bins that hold equal shares of the data; what was learnt before is forgotten.

        Args:
            data: an array or tensor, or an iterable of batches.
            steps: how many batches are taken at most.

        Raises: ValueError for a layer that was given its boundaries.
        """
        if self.num_bins is None:
            raise ValueError(
                "`adapt` cannot change boundaries that were given: make the layer with `num_bins`."
            )
        self.reset_state()
        for batch in batches_of(data, steps):
            self.update_state(batch)
        self.finalize_state()

    def reset_state(self) -> None:
        """Forget the data that ``update_state`` was given."""
        self.summary = np.zeros((2, 0), "float32")

    def update_state(self, data: Any) -> None:
        """Add a batch to the summary: values, and how many numbers each stands for."""
        values = np.sort(np.asarray(data, "float32").ravel())
        step = max(values.size * self.epsilon, 1)
        chosen = values[int(step - 1) :: int(step)]
        summary = np.stack([chosen, np.full_like(chosen, step)])
        both = np.concatenate([summary, self.summary], axis=1)
        self.summary = _compressed(both[:, np.argsort(both[0])], self.epsilon)

    def finalize_state(self) -> None:
        """Set the boundaries from the summary."""
        if self.num_bins is not None:
            self.bin_boundaries = _compressed(self.summary, 1 / self.num_bins)[0, :-1].tolist()

    def call(self, inputs: Any) -> Any:
        if self.bin_boundaries is None:
            raise ValueError(
                f"Discretization layer {self.name!r} has no boundaries yet: call `adapt(data)`, or "
                "give `bin_boundaries`."
            )
        bins = ops.digitize(inputs, np.asarray(self.bin_boundaries, "float32"))
        return encode(bins, self.output_mode, len(self.bin_boundaries) + 1, self.output_dtype)

    def load_own_variables(self, store: Any) -> None:
        """Nothing: the boundaries are in the config (old files hold the summary too)."""

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        del config["trainable"]  # Keras's files have no more than this
        return config | {"dtype": self.dtype}

    @classmethod
    def from_config(cls, config: dict[str, Any], *args: Any, **kwargs: Any) -> "Discretization":
        learnt = config.get("bin_boundaries") if config.get("num_bins") is not None else None
        if learnt is None:
            return super().from_config(config, *args, **kwargs)
        layer = super().from_config(config | {"bin_boundaries": None}, *args, **kwargs)
        layer.bin_boundaries = list(learnt)
        return layer


def _compressed(summary: np.ndarray, epsilon: float) -> np.ndarray:
    """A summary of about ``1 / epsilon`` values at equal shares of the whole weight."""
    if summary.shape[1] * epsilon < 1:
        return summary
    shares = epsilon + np.arange(0.0, 1.0, epsilon)
    weights = summary[1].cumsum()
    values = np.interp(shares, weights / weights[-1], summary[0])
    weights = np.interp(shares, weights / weights[-1], weights)
    return np.stack([values, np.diff(weights, prepend=0)]).astype("float32")
