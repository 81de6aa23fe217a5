"""``StepMethods``: what a model does with one batch, in training, evaluation and prediction."""

import warnings
from typing import Any

from kerasette import ops, tree
from kerasette.core.state import state
from kerasette.core.tape import GradientTape
from kerasette.core.tensor import TensorBase
from kerasette.layers.edits import edits
from kerasette.training import metric_state
from kerasette.training.data import unpack_x_y_sample_weight


class StepMethods:
    """The steps of ``Model``, which a subclass may override; they run compiled as well."""

    optimizer: Any = None
    _compiled_loss: Any = None
    _compiled_metrics: Any = None
    _loss_tracker: Any = None
    fitting: Any = None  # the run of ``fit`` that is going on
    _known_layer_metrics: tuple[int, list[Any]] | None = None  # while nobody edits a layer
    _updates_only = False  # within it, nobody wants to know the metrics' results

    def train_step(self, data: Any) -> dict[str, Any]:
        """Train on one batch ``(x, y, sample_weight)``; the metrics, by name.

        Override it for a training of your own: it runs compiled as well.
        """
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        with GradientTape() as tape:
            y_pred = self._called(x, training=True)
            loss = self.compute_loss(
                x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=True
            )
            self._loss_tracker.update_state(loss, sample_weight=_samples(x))
            if self.optimizer is not None:
                loss = self.optimizer.scale_loss(loss)
        trainable = self.trainable_weights  # type: ignore[attr-defined]
        if trainable:
            self.optimizer.apply(tape.gradient(loss, trainable), trainable)
        elif not self.variables:  # type: ignore[attr-defined]
            warnings.warn("The model does not have any trainable weights.", stacklevel=2)
        return self.compute_metrics(x, y, y_pred, sample_weight=sample_weight)

    def test_step(self, data: Any) -> dict[str, Any]:
        """Evaluate on one batch ``(x, y, sample_weight)``; the metrics, by name."""
        x, y, sample_weight = unpack_x_y_sample_weight(data)
        y_pred = self._called(x, training=False)
        loss = self.compute_loss(
            x=x, y=y, y_pred=y_pred, sample_weight=sample_weight, training=False
        )
        self._loss_tracker.update_state(loss, sample_weight=_samples(x))
        return self.compute_metrics(x, y, y_pred, sample_weight=sample_weight)

    def predict_step(self, data: Any) -> Any:
        """The outputs for one batch."""
        x, _, _ = unpack_x_y_sample_weight(data)
        return self._called(x, training=False)

    def _called(self, x: Any, training: bool) -> Any:
        if self._call_signature.takes_training:  # type: ignore[attr-defined]
            return self(x, training=training)  # type: ignore[operator]
        before = state.training
        state.training = training
        try:
            return self(x)  # type: ignore[operator]
        finally:
            state.training = before

    def compute_loss(
        self,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """The loss of one batch: the compiled losses, and what the layers added.

        Raises: ValueError where there is neither.
        """
        found = []
        if self._compiled_loss is not None:
            value = self._compiled_loss(y, y_pred, sample_weight)
            if value is not None:
                found.append(value)
        found += [ops.sum(ops.cast(loss, "float32")) for loss in self.losses]  # type: ignore[attr-defined]
        if not found:
            raise ValueError(
                "There is no loss to minimise: give compile() a `loss`, or add one in a layer by "
                "`add_loss`."
            )
        total = found[0]
        for loss in found[1:]:
            total = total + loss
        return total

    def compute_metrics(
        self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None
    ) -> dict[str, Any]:
        """Update the metrics with one batch; their results, by name."""
        if self._compiled_metrics is not None:
            self._compiled_metrics.update_state(y, y_pred, sample_weight)
        return self.get_metrics_result()

    def get_metrics_result(self) -> dict[str, Any]:
        """The results of all metrics, by name; a metric of several results gives each."""
        results: dict[str, Any] = {}
        if self._updates_only:
            return results
        if self._lists_its_metrics():
            for metric in self.metrics:
                found = metric.result()
                results.update(found if isinstance(found, dict) else {metric.name: found})
            return results
        if self._loss_tracker is not None:
            results["loss"] = self._loss_tracker.result()
        for metric in self._extra_metrics():
            found = metric.result()
            results.update(found if isinstance(found, dict) else {metric.name: found})
        if self._compiled_metrics is not None and self._compiled_metrics.built:
            for name, found in self._compiled_metrics.result().items():
                results.update(found if isinstance(found, dict) else {name: found})
        return results

    def _lists_its_metrics(self) -> bool:
        """Whether a subclass says itself what its metrics are."""
        getter = getattr(type(self).metrics, "fget", None)
        return not getattr(getter, "__module__", "").startswith("kerasette.")

    def _extra_metrics(self) -> list[Any]:
        """The single losses of several outputs, and the metrics that layers hold."""
        found = [] if self._compiled_loss is None else list(self._compiled_loss.metrics)
        return found + self._layer_metrics()

    def _layer_metrics(self) -> list[Any]:
        known = self._known_layer_metrics
        if self.fitting is not None and known is not None and known[0] == edits.count:
            return known[1]
        layers = self._flatten_layers()  # type: ignore[attr-defined]
        found = [m for layer in layers for m in layer._metrics if m is not self._loss_tracker]
        self._known_layer_metrics = (edits.count, found)
        return found

    @property
    def metrics(self) -> list[Any]:
        """All metrics: the loss, those of the layers, the compiled ones."""
        found = [] if self._loss_tracker is None else [self._loss_tracker]
        found += self._extra_metrics()
        if self._compiled_metrics is not None:
            found += self._compiled_metrics.metrics
        return found

    @property
    def metrics_names(self) -> list[str]:
        """The names of ``metrics``."""
        return [metric.name for metric in self.metrics]

    @property
    def metrics_variables(self) -> list[Any]:
        """The variables of ``metrics``."""
        return [variable for metric in self.metrics for variable in metric.variables]

    def reset_metrics(self) -> None:
        """Begin all metrics anew."""
        early = [] if self._loss_tracker is None else [self._loss_tracker]
        own = list(self.metrics) if self._lists_its_metrics() else []
        for metric in early + self._layer_metrics() + own:
            metric.reset_state()
        for late in (self._compiled_loss, self._compiled_metrics):
            if late is not None:
                late.reset_state()

    def metrics_state(self) -> dict[str, Any]:
        """The values of all metrics' variables, as numpy arrays."""
        late = {"outputs": self._compiled_loss, "compiled": self._compiled_metrics}
        return {
            "loss": metric_state.values([self._loss_tracker] if self._loss_tracker else []),
            "layers": metric_state.values(self._layer_metrics()),
        } | {part: None if held is None else held.state() for part, held in late.items()}

    def load_metrics_state(self, saved: dict[str, Any]) -> None:
        """Put back what ``metrics_state`` gave; metrics that are not made yet get it then.

        Raises: ValueError where it is of other metrics.
        """
        metric_state.put([self._loss_tracker] if self._loss_tracker else [], saved["loss"])
        metric_state.put(self._layer_metrics(), saved["layers"])
        late = {"outputs": self._compiled_loss, "compiled": self._compiled_metrics}
        for part, held in late.items():
            if held is not None and saved[part] is not None:
                held.load_state(saved[part])

    def stateless_compute_loss(
        self,
        trainable_variables: Any,
        non_trainable_variables: Any,
        metrics_variables: Any,
        x: Any = None,
        y: Any = None,
        y_pred: Any = None,
        sample_weight: Any = None,
        training: bool = True,
    ) -> Any:
        """``compute_loss`` with given values in the variables' places.

        Returns: ``(loss, (trainable_variables, non_trainable_variables, metrics_variables))``.
        """
        from kerasette.core.stateless import StatelessScope

        mine = [self.trainable_variables, self.non_trainable_variables, self.metrics_variables]  # type: ignore[attr-defined]
        given = [trainable_variables, non_trainable_variables, metrics_variables]
        pairs = [
            pair
            for have, got in zip(mine, given, strict=True)
            for pair in zip(have, got, strict=True)
        ]
        with StatelessScope(pairs) as scope:
            loss = self.compute_loss(x, y, y_pred, sample_weight, training=training)
        after = [[scope.get_current_value(v) for v in part] for part in mine]
        return loss, tuple(after)


def _samples(x: Any) -> int:
    leaves = [leaf for leaf in tree.flatten(x) if isinstance(leaf, TensorBase) and leaf.shape]
    return leaves[0].shape[0] if leaves else 1
