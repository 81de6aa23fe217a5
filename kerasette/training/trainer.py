"""``Trainer``: ``compile fit evaluate predict``."""

import random as python_random
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from kerasette import metrics, optimizers, tree
from kerasette.arrays.switches import limited, switches
from kerasette.callbacks.callback_list import CallbackList, with_checkpoints
from kerasette.training.compiled_loss import CompiledLoss
from kerasette.training.compiled_metrics import CompiledMetrics
from kerasette.training.data import (
    ArrayBatches,
    class_weights,
    make_batches,
    pack_x_y_sample_weight,
    single_batch,
    train_validation_split,
    unpack_x_y_sample_weight,
)
from kerasette.training.fitting import Fitting
from kerasette.training.loop import Loop, joined
from kerasette.training.step_methods import StepMethods
from kerasette.training.steps import Step, plain_logs


class Trainer(StepMethods):
    """The training half of ``Model``."""

    compiled = False
    loss: Any = None
    stop_training = False
    history: Any = None
    fitting: Fitting | None = None  # the run of ``fit`` that is going on
    _compile_config: dict[str, Any] | None = None
    run_eagerly = False
    jit_compile: Any = "auto"
    steps_per_execution = 1
    auto_scale_loss = True
    nan_guard = False
    train_function: Any = None
    test_function: Any = None
    predict_function: Any = None

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        loss_weights: Any = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
        nan_guard: bool = False,
    ) -> None:
        """Say how the model is to be trained.

        Args:
            optimizer: a name or an Optimizer.
            loss: a name, a function or a Loss; for several outputs a list or dict of them.
            loss_weights: numbers that the losses are multiplied by, in the same structure.
            metrics: names, functions or Metrics, in a list, or a list or dict of lists.
            weighted_metrics: those that get the sample weights too.
            run_eagerly: run the steps in Python, operation by operation, for debugging.
            steps_per_execution: how many batches between two looks at callbacks.
            jit_compile: "auto" compiles what can be compiled; True insists; False does not.
            auto_scale_loss: whether mixed_float16 gets a LossScaleOptimizer by itself.
            nan_guard: whether ``fit`` looks at the loss and the weights after each batch. Where one
                is NaN or infinite it ends with an error that names the layer, operation and rows
                with which that began; the weights stay as they were before (not in Keras).

        >>> model.compile(optimizer="adam", loss="mse", metrics=["mae"])

        Raises: ValueError for an unknown name, which names the nearest.
        """
        if jit_compile not in (True, False, "auto"):
            raise ValueError(
                f'`jit_compile` must be True, False or "auto". Received: {jit_compile!r}.'
            )
        if jit_compile is True and run_eagerly:
            raise ValueError("Choose one of `jit_compile=True` and `run_eagerly=True`.")
        if not isinstance(steps_per_execution, int) or steps_per_execution < 1:
            raise ValueError(
                "`steps_per_execution` must be a positive integer. "
                f"Received: steps_per_execution={steps_per_execution!r}."
            )
        chosen = optimizers.get(optimizer)
        names = getattr(self, "output_names", None)
        compiled_loss = None if loss is None else CompiledLoss(loss, loss_weights, names)
        compiled_metrics = None
        if metrics or weighted_metrics:
            compiled_metrics = CompiledMetrics(metrics, weighted_metrics, names)
        scaled = isinstance(chosen, optimizers.LossScaleOptimizer)
        if auto_scale_loss and self._computes_in_float16() and chosen is not None and not scaled:
            chosen = optimizers.LossScaleOptimizer(chosen, name="loss_scale_optimizer")
        self.optimizer = chosen
        self.loss = loss
        self._compiled_loss = compiled_loss
        self._compiled_metrics = compiled_metrics
        self._loss_tracker = _mean("loss")
        self.run_eagerly = run_eagerly
        self.steps_per_execution = steps_per_execution
        self.jit_compile = jit_compile
        self.auto_scale_loss = auto_scale_loss
        self.nan_guard = nan_guard
        self.stop_training = False
        self.compiled = True
        self._forget_steps()
        self._compile_config = {
            "optimizer": chosen,
            "loss": loss,
            "loss_weights": loss_weights,
            "metrics": metrics,
            "weighted_metrics": weighted_metrics,
            "run_eagerly": run_eagerly,
            "steps_per_execution": steps_per_execution,
            "jit_compile": jit_compile,
        }

    def _computes_in_float16(self) -> bool:
        policies = [layer.dtype_policy for layer in self._flatten_layers()]  # type: ignore[attr-defined]
        return any(policy.name == "mixed_float16" for policy in policies)

    def _forget_steps(self) -> None:
        self.train_function = self.test_function = self.predict_function = None

    # The steps

    def _step(self, name: str) -> Step:
        """The step of that name, compiled unless the model says otherwise."""
        compiled = not self.run_eagerly and self.jit_compile is not False
        supported = all(layer.supports_jit for layer in self._flatten_layers())  # type: ignore[attr-defined]
        python_step = self._python_step(name)
        own = (name, "compute_metrics", "get_metrics_result")
        if name == "predict_step" or any(_is_overridden(self, method) for method in own):
            return Step(python_step, compiled and supported, self.jit_compile is True)

        def update(data: Any) -> None:
            self._updates_only = True
            try:
                python_step(data)
            finally:
                self._updates_only = False

        return Step(update, compiled and supported, self.jit_compile is True, self._results)

    def _python_step(self, name: str) -> Callable[..., Any]:
        """The step of that name, for batches ``(x, y, sample_weight)``. A user's own gets them as
        Keras hands them over: ``x``, or ``(x, y)``, or with weights all three.
        """
        step = getattr(self, name)
        if not _is_overridden(self, name):
            return step  # type: ignore[no-any-return]
        return lambda data: step(pack_x_y_sample_weight(*data))

    def _results(self) -> dict[str, Any]:
        return self.get_metrics_result()

    def make_train_function(self, force: bool = False) -> Any:
        """The compiled ``train_step``, kept from call to call unless ``force``."""
        if self.train_function is None or force:
            self.train_function = self._step("train_step")
        return self.train_function

    def make_test_function(self, force: bool = False) -> Any:
        """The compiled ``test_step``, kept from call to call unless ``force``."""
        if self.test_function is None or force:
            self.test_function = self._step("test_step")
        return self.test_function

    def make_predict_function(self, force: bool = False) -> Any:
        """The compiled ``predict_step``, kept from call to call unless ``force``."""
        if self.predict_function is None or force:
            self.predict_function = self._step("predict_step")
        return self.predict_function

    def _assert_compiled(self, method: str) -> None:
        if not self.compiled:
            raise ValueError(
                f"Call compile() before `{method}`: the model does not know its optimizer and loss."
            )

    # The whole of it

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        shuffle: Any = True,
        class_weight: Any = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: Any = 1,
        resume: Any = None,
    ) -> Any:
        """Train for a number of epochs.

        Args:
            x: inputs ``(samples, ...)``: an array, a list or dict of them, a PyDataset, a generator
                or another iterable of batches ``(x, y, sample_weight)``.
            y: targets, where ``x`` does not bring them.
            batch_size: samples in a batch; 32 by default.
            epochs: train up to this epoch.
            verbose: 0 silent, 1 a progress bar, 2 a line an epoch; "auto" chooses.
            callbacks: Callback objects.
            validation_split: the last share of the samples, kept for validation.
            validation_data: ``(x, y)``, ``(x, y, sample_weight)``, or anything that ``x`` may be.
            shuffle: whether rows come in a new order each epoch; "batch" keeps batches together.
            class_weight: a weight for each class number.
            sample_weight: a weight for each sample.
            initial_epoch: the epoch to begin with.
            steps_per_epoch: batches in an epoch.
            validation_steps: batches of validation.
            validation_batch_size: samples in a batch of validation.
            validation_freq: validate every so many epochs, or after those in a list.
            resume: a folder that keeps the state of this training, from which the same call goes
                on after an interruption, to the same bits; or a ``callbacks.Checkpoints``, which
                says how often, how many and when (not in Keras).

        Returns: a History: losses and metrics of each epoch.

        Raises: ValueError for arguments or data that do not fit, before anything is trained.
        KeyboardInterrupt after Ctrl-C: the batch is finished, and ``model.history`` has the epochs
        that are done.
        """
        self._assert_compiled("fit")
        _check_counts(epochs=epochs, initial_epoch=initial_epoch, steps_per_epoch=steps_per_epoch)
        if validation_split and validation_data is None:
            if not 0.0 < validation_split < 1.0:
                raise ValueError(
                    "`validation_split` must be between 0 and 1. "
                    f"Received: validation_split={validation_split}."
                )
            (x, y, sample_weight), validation_data = train_validation_split(
                (x, y, sample_weight), validation_split
            )
        batches = make_batches(
            x, y, sample_weight, batch_size, shuffle, class_weight, seed=_shuffle_seed()
        )
        _warn_of_nan(batches)
        validation = None
        if validation_data is not None:
            parts = unpack_x_y_sample_weight(validation_data)
            if not isinstance(validation_data, (tuple, list)):
                parts = (validation_data, None, None)
            validation = make_batches(
                *parts, validation_batch_size or _unless_stream(parts, batch_size)
            )
            _, validation_steps = _steps(validation, validation_steps)
        epochs = limited("epochs", epochs, switches.max_epochs) or 0
        total, steps_per_epoch = _steps(batches, steps_per_epoch)
        if resume is not None:
            callbacks = with_checkpoints(callbacks, resume)
        notified = CallbackList.of(
            callbacks, self, mode="train", verbose=verbose, epochs=epochs, steps=total
        )
        self.stop_training = False
        self.fitting = Fitting(
            self,
            batches,
            notified,
            epochs,
            initial_epoch,
            steps_per_epoch,
            validation,
            validation_steps,
            validation_freq,
        )
        try:
            self.fitting.run()
        finally:
            self.fitting = None
            self.history = notified.history
        return self.history

    def _validate(
        self,
        batches: Any,
        callbacks: Any,
        steps: int | None,
        stop: Callable[[], bool] = lambda: False,
    ) -> tuple[dict[str, Any], bool]:
        """The metrics, and whether ``stop``, asked after each batch, has ended it early."""
        self.reset_metrics()
        callbacks.on_test_begin()
        step, together = self.make_test_function(), self.steps_per_execution
        loop = Loop("test", step, batches, callbacks, steps, together, stop)
        try:
            logs, _ = loop.epoch(0)
        finally:
            loop.close()
        callbacks.on_test_end(logs)
        return logs, loop.cut

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """The loss and the metrics on data; arguments as those of ``fit``.

        Returns: the loss alone, a list of loss and metrics, or with ``return_dict`` a dict.
        """
        self._assert_compiled("evaluate")
        if kwargs:
            raise ValueError(f"evaluate() got unknown arguments: {sorted(kwargs)}.")
        batches = make_batches(x, y, sample_weight, batch_size)
        total, steps = _steps(batches, steps)
        notified = CallbackList.of(callbacks, self, mode="test", verbose=verbose, steps=total)
        logs, _ = self._validate(batches, notified, steps)
        if return_dict:
            return logs
        return self._in_order(logs)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: Any = "auto",
        steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:
        """The outputs for data, as numpy arrays ``(samples, ...)``."""
        if callbacks is None and verbose in (0, False) and steps is None:
            single = single_batch(x, batch_size)
            if single is not None:
                return self._predict_batch(single)
        batches = make_batches(x, batch_size=batch_size)
        total, steps = _steps(batches, steps)
        notified = CallbackList.of(callbacks, self, mode="predict", verbose=verbose, steps=total)
        notified.on_predict_begin()
        step = self.make_predict_function()
        loop = Loop("predict", step, batches, notified, steps, self.steps_per_execution)
        _, outputs = loop.epoch(0)
        notified.on_predict_end()
        return joined(outputs)

    def _in_order(self, logs: dict[str, Any]) -> Any:
        """The values of ``logs`` as Keras lists them: the metrics that bear their own names as they
        were compiled, then the others by name; the value itself where there is but one.
        """
        own = [name for name in dict.fromkeys(self.metrics_names) if name in logs]
        values = [logs[name] for name in (*own, *sorted(logs.keys() - set(own)))]
        return values[0] if len(values) == 1 else values

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Any = None,
        return_dict: bool = False,
    ) -> Any:
        """One update on one batch; the metrics are of this batch alone."""
        self._assert_compiled("train_on_batch")
        if class_weight is not None:
            if sample_weight is not None:
                raise ValueError("Give `class_weight` or `sample_weight`, not both.")
            sample_weight = class_weights(y, class_weight)
        return self._on_batch(self.make_train_function(), (x, y, sample_weight), return_dict)

    def test_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False
    ) -> Any:
        """The metrics of one batch, without an update."""
        self._assert_compiled("test_on_batch")
        return self._on_batch(self.make_test_function(), (x, y, sample_weight), return_dict)

    def _on_batch(self, step: Step, data: Any, return_dict: bool) -> Any:
        x, y, weight = data
        batches = ArrayBatches(x, y, weight, batch_size=_rows(x))
        self.reset_metrics()
        logs = plain_logs(step(next(batches.epoch(0))))
        if return_dict:
            return logs
        return self._in_order(logs)

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for one batch, as numpy arrays."""
        return self._predict_batch(ArrayBatches(x, batch_size=_rows(x)).data)

    def _predict_batch(self, batch: Any) -> Any:
        outputs = self.make_predict_function()(batch)
        return tree.map_structure(np.asarray, outputs)


def _mean(name: str) -> Any:
    return metrics.Mean(name=name)


def _rows(x: Any) -> int:
    leaves = [leaf for leaf in tree.flatten(x) if hasattr(leaf, "shape")]
    return max(1, leaves[0].shape[0] if leaves else len(x))


def _steps(batches: Any, steps: int | None) -> tuple[int | None, int | None]:
    """How many steps an epoch has, where that is known, and how many were asked for, both within
    the limit of ``config.set_max_steps_per_epoch``.
    """
    total = batches.count if steps is None else steps
    within = limited("steps_per_epoch", total, switches.max_steps_per_epoch)
    return within, steps if within == total else within


def _shuffle_seed() -> int:
    """From Python's own generator, which ``set_random_seed`` seeds."""
    return python_random.randrange(2**31)


def _check_counts(**counts: Any) -> None:
    for name, value in counts.items():
        if value is not None and (not isinstance(value, (int, np.integer)) or value < 0):
            raise ValueError(f"`{name}` must be an integer of at least 0. Received: {value!r}.")


def _warn_of_nan(batches: Any) -> None:
    """Missing values in training data make every weight NaN: say so before that happens."""
    if not isinstance(batches, ArrayBatches):
        return
    for name, part in zip(("x", "y", "sample_weight"), batches.data, strict=True):
        for leaf in tree.flatten(part):
            if leaf is None or leaf.dtype.kind != "f" or not _has_nan(leaf):
                continue
            rows = np.flatnonzero(np.isnan(leaf).reshape(len(leaf), -1).any(axis=1))
            if len(rows):
                warnings.warn(
                    f"`{name}` holds NaN in {len(rows)} of {len(leaf)} samples, first in sample "
                    f"{rows[0]}. Fill or drop missing values, or the weights will become NaN.",
                    stacklevel=3,
                )


def _has_nan(array: np.ndarray) -> bool:
    with np.errstate(all="ignore"):  # a sum is quick, and NaN where there is NaN
        return bool(np.isnan(array.sum())) and bool(np.isnan(array).any())


def _unless_stream(parts: Any, batch_size: int | None) -> int | None:
    streamed = parts[1] is None and not hasattr(parts[0], "shape")
    return None if streamed else batch_size


def _is_overridden(model: Any, method: str) -> bool:
    return getattr(getattr(model, method), "__func__", None) is not getattr(StepMethods, method)
