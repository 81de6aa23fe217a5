"""``CompiledMetrics``: the metrics given to ``compile``, each for its output."""

from typing import Any

from kerasette import metrics, tree
from kerasette.core.naming import to_snake_case
from kerasette.training.metric_state import LateMetrics
from kerasette.training.outputs import Outputs, kind_of_targets


class CompiledMetrics(LateMetrics):
    """Updates the metrics of all outputs, and gives their results by name."""

    def __init__(self, given: Any, weighted: Any, output_names: Any = None):
        for argument, value in (("metrics", given), ("weighted_metrics", weighted)):
            if value is not None and not isinstance(value, (list, tuple, dict)):
                raise ValueError(
                    f"`{argument}` must be a list, tuple or dict. Received: {argument}={value!r}."
                )
            for one in tree.flatten(value or []):
                if one is not None and str(one).lower() not in ("accuracy", "acc"):
                    metrics.get(one)  # unknown names are refused here, not at the first batch
        self.given, self.weighted = given, weighted
        self.output_names = output_names
        self.built = False
        self._plain: list[tuple[str | None, int, Any]] = []  # (output's name, output, metric)
        self._weighted: list[tuple[str | None, int, Any]] = []

    def build(self, y_true: Any, y_pred: Any) -> None:
        """Resolve names and structures; the first update does it."""
        self.outputs = Outputs(y_pred, self.output_names)
        self._plain = self._resolve(self.given, "metrics", y_true, y_pred)
        self._weighted = self._resolve(self.weighted, "weighted_metrics", y_true, y_pred)
        self._now_built()

    def _resolve(
        self, given: Any, argument: str, y_true: Any, y_pred: Any
    ) -> list[tuple[str | None, int, Any]]:
        if not given:
            return []
        if self.outputs.count == 1 and isinstance(given, (list, tuple, dict)):
            per_output: list[Any] = [tree.flatten(given)]
        else:
            per_output = self.outputs.spread(given, argument, single=False)
        targets, predictions = self.outputs.leaves(y_true), self.outputs.leaves(y_pred)
        names = self.outputs.names if self.outputs.count > 1 else None
        found = []
        for index, entry in enumerate(per_output):
            if entry is None:
                continue
            for one in entry if isinstance(entry, (list, tuple)) else [entry]:
                metric = _get_metric(one, targets[index], predictions[index])
                found.append((names[index] if names else None, index, metric))
        return found

    @property
    def metrics(self) -> list[Any]:  # type: ignore[override]
        """The metrics, those without sample weights first."""
        return [metric for _, _, metric in self._plain + self._weighted]

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Take in one batch."""
        if not self.built:
            self.build(y_true, y_pred)
        targets, predictions = self.outputs.leaves(y_true), self.outputs.leaves(y_pred)
        weights: list[Any] = [None] * self.outputs.count
        if sample_weight is not None:
            found = self.outputs.leaves(sample_weight)
            weights = found * self.outputs.count if len(found) < self.outputs.count else found
        for _, index, metric in self._plain:
            metric.update_state(targets[index], predictions[index])
        for _, index, metric in self._weighted:
            metric.update_state(targets[index], predictions[index], sample_weight=weights[index])

    def result(self) -> dict[str, Any]:
        """The results by name; a name that comes again gets a number."""
        results: dict[str, Any] = {}
        for output, _, metric in self._plain:
            _put(results, f"{output}_{metric.name}" if output else metric.name, metric.result())
        for output, _, metric in self._weighted:
            prefix = f"{output}_" if output else ""
            name = f"{prefix}{metric.name}"
            if name in results:
                name = f"{prefix}weighted_{metric.name}"
            _put(results, name, metric.result())
        return results


def _put(results: dict[str, Any], name: str, value: Any) -> None:
    number, unique = 1, name
    while unique in results:
        unique = f"{name}_{number}"
        number += 1
    results[unique] = value


def _get_metric(given: Any, y_true: Any, y_pred: Any) -> Any:
    """A Metric of a name, a function or a Metric; it bears the name it was asked for by."""
    if given is None:
        raise ValueError("`metrics` must hold names, functions or Metrics. Received: None.")
    if str(given).lower() in ("accuracy", "acc"):
        kinds = {
            "binary": metrics.BinaryAccuracy,
            "sparse": metrics.SparseCategoricalAccuracy,
            "categorical": metrics.CategoricalAccuracy,
        }
        return kinds[kind_of_targets(y_true, y_pred)](name=str(given))
    found = metrics.get(given)
    if isinstance(found, type):
        found = found()
    if not isinstance(found, metrics.Metric):
        own = getattr(found, "__name__", type(found).__name__)
        name = given if isinstance(given, str) else to_snake_case(own)
        return metrics.MeanMetricWrapper(found, name=name)
    if isinstance(given, str):
        found.name = given
    return found
