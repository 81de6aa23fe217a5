"""``CompiledLoss``: the losses given to ``compile``, one for each output, weighted and added."""

from typing import Any

from kerasette import losses, metrics, ops, tree
from kerasette.training.metric_state import LateMetrics
from kerasette.training.outputs import Outputs, kind_of_targets


class CompiledLoss(LateMetrics):
    """What training minimises: ``loss(y, y_pred, sample_weight)``.

    The single losses of several outputs are kept as metrics, ``<output>_loss``.
    """

    def __init__(self, loss: Any, loss_weights: Any = None, output_names: Any = None):
        _check_losses(loss)
        self.given, self.given_weights = loss, loss_weights
        self.output_names = output_names
        self.built = False
        self.losses: list[Any] = []
        self.weights: list[Any] = []
        self.trackers: list[Any] = []

    def build(self, y_true: Any, y_pred: Any) -> None:
        """Resolve names and structures; the first call does it."""
        self.outputs = Outputs(y_pred, self.output_names)
        given = self.outputs.spread(self.given, "loss", single=True)
        weights = self.outputs.spread(self.given_weights, "loss_weights", single=True)
        targets = self.outputs.leaves(y_true)
        if len(targets) != self.outputs.count:
            raise ValueError(
                f"The model has {self.outputs.count} outputs. Received: {len(targets)} targets."
            )
        predictions = self.outputs.leaves(y_pred)
        self.losses = [
            _get_loss(one, t, p) for one, t, p in zip(given, targets, predictions, strict=True)
        ]
        self.weights = weights
        for weight in weights:
            if weight is not None and not isinstance(weight, (int, float)):
                raise ValueError(f"`loss_weights` must hold numbers. Received: {weight!r}.")
        if all(loss is None for loss in self.losses):
            raise ValueError("`loss` is None for every output: give at least one.")
        if len(self.losses) - self.losses.count(None) > 1:
            names = self._names()
            self.trackers = [
                None if loss is None else metrics.Mean(name=f"{name}_loss")
                for name, loss in zip(names, self.losses, strict=True)
            ]
        self._now_built()

    def _names(self) -> list[str]:
        """The outputs' names; where outputs are nested, the path to each, at whose end the loss's
        name stands for a place in a list.
        """
        names = self.outputs.names
        if names is not None and self.outputs.flat:
            return names
        found = []
        paths = [path for path, _ in tree.flatten_with_path(self.outputs.structure)]
        for index, (path, loss) in enumerate(zip(paths, self.losses, strict=True)):
            last = names[index] if names is not None else getattr(loss, "name", str(index))
            ends = (*path[:-1], last) if not path or isinstance(path[-1], int) else path
            found.append("/".join(map(str, ends)))
        return found

    @property
    def metrics(self) -> list[Any]:  # type: ignore[override]
        """The means of the single losses, where there are several, in the order of ``loss``."""
        trackers = self.trackers
        if isinstance(self.given, dict) and trackers and self.outputs.names:
            place = {name: number for number, name in enumerate(self.given)}
            named = zip(self.outputs.names, trackers, strict=True)
            ordered = sorted(named, key=lambda pair: place.get(pair[0], len(place)))
            trackers = [tracker for _, tracker in ordered]
        return [tracker for tracker in trackers if tracker is not None]

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        if y_true is None:
            raise ValueError(
                "compile() was given a `loss`, which compares outputs with targets, but there are "
                "no targets: give `y`, or batches `(x, y)`."
            )
        if not self.built:
            self.build(y_true, y_pred)
        targets, predictions = self.outputs.leaves(y_true), self.outputs.leaves(y_pred)
        sample_weights = [None] * self.outputs.count
        if sample_weight is not None:
            found = self.outputs.leaves(sample_weight)
            sample_weights = found * self.outputs.count if len(found) == 1 else found
        total: Any = None
        rows = zip(
            self.losses,
            self.weights,
            targets,
            predictions,
            sample_weights,
            self.trackers or [None] * self.outputs.count,
            strict=True,
        )
        for loss, weight, y, prediction, own_weight, tracker in rows:
            if loss is None:
                continue
            if y is None:
                raise _no_target(self.outputs, prediction, predictions, y_true)
            value = loss(y, prediction, sample_weight=own_weight)
            if value.shape:  # of a loss without reduction
                value = ops.mean(value)
            if tracker is not None:
                tracker.update_state(value, sample_weight=_batch_size(prediction))
            if weight is not None:
                value = value * weight
            total = value if total is None else total + value
        return total


def _no_target(outputs: Outputs, prediction: Any, predictions: list[Any], given: Any) -> ValueError:
    index = next(i for i, one in enumerate(predictions) if one is prediction)
    name = repr((outputs.names or [f"number {index}"])[index])
    keys = f" Received: targets with the keys {list(given)}." if isinstance(given, dict) else ""
    return ValueError(f"There are no targets for the output {name}, which has a loss.{keys}")


def _batch_size(prediction: Any) -> int:
    return prediction.shape[0] if prediction.shape else 1


def _check_losses(given: Any) -> None:
    """Unknown names are refused when the model is compiled, not at its first batch."""
    for one in tree.flatten(given):
        if one is None or str(one).lower() in ("crossentropy", "ce"):
            continue
        if not callable(losses.get(one)):
            raise ValueError(f"`loss` must be a name, a function or a Loss. Received: {one!r}.")


def _get_loss(given: Any, y_true: Any, y_pred: Any) -> Any:
    """A loss that takes sample weights, of a name, a function or a Loss."""
    if given is None:
        return None
    if str(given).lower() in ("crossentropy", "ce"):
        prefix = {"sparse": "sparse_categorical"}
        kind = kind_of_targets(y_true, y_pred)
        given = f"{prefix.get(kind, kind)}_crossentropy"
    found = losses.get(given)
    if isinstance(found, losses.Loss):
        return found
    name = given if isinstance(given, str) else getattr(found, "__name__", "loss")
    return losses.LossFunctionWrapper(found, name=name)
