"""``TensorBoard``: writes what TensorBoard shows."""

import os
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np

from kerasette.callbacks import event_file
from kerasette.callbacks.callback import Callback
from kerasette.callbacks.event_file import EventFile
from kerasette.registry import register
from kerasette.saving.atomic import written_whole


class TensorBoard(Callback):
    """Writes losses, metrics, weights and the model's graph for TensorBoard.

    Show them with ``tensorboard --logdir logs`` (the package ``tensorboard``, an extra).

    Args:
        log_dir: the folder; training writes into ``train`` below it, validation into
            ``validation``.
        histogram_freq: after how many epochs histograms of the weights are written; 0 for never.
        write_graph: whether the graph of the layers is written.
        write_images: whether weights are written as images too, along with the histograms.
        write_steps_per_second: whether the speed is written.
        update_freq: "batch", "epoch", or a number of batches between two writings.
        profile_batch: batches to profile; not offered, anything but 0 is warned of.
        embeddings_freq: after how many epochs Embedding layers' weights are written; 0 for never.
        embeddings_metadata: the file that names an Embedding's rows, or a dict of such by the
            layers' names.

    >>> board = kerasette.callbacks.TensorBoard("logs", histogram_freq=1)
    """

    def __init__(
        self,
        log_dir: Any = "logs",
        histogram_freq: int = 0,
        write_graph: bool = True,
        write_images: bool = False,
        write_steps_per_second: bool = False,
        update_freq: Any = "epoch",
        profile_batch: Any = 0,
        embeddings_freq: int = 0,
        embeddings_metadata: Any = None,
    ):
        super().__init__()
        if update_freq not in ("batch", "epoch") and not isinstance(update_freq, int):
            raise ValueError(
                '`update_freq` must be "batch", "epoch" or a number of batches. '
                f"Received: update_freq={update_freq!r}."
            )
        if profile_batch:
            warnings.warn("TensorBoard: `profile_batch` is not offered.", stacklevel=2)
        self.log_dir = os.fspath(log_dir)
        self.histogram_freq = histogram_freq
        self.write_graph = write_graph
        self.write_images = write_images
        self.write_steps_per_second = write_steps_per_second
        self.update_freq = 1 if update_freq == "batch" else update_freq
        self.embeddings_freq = embeddings_freq
        self.embeddings_metadata = embeddings_metadata
        self.wants_batches = update_freq != "epoch" or write_steps_per_second
        self._files: dict[str, EventFile] = {}
        self._places: dict[str, tuple[str, int]] = {}  # the files of a run that is resumed
        self._step = 0  # batches of training since the beginning
        self._test_step = 0
        self._epoch_step = 0
        self._started = 0.0

    def _file(self, part: str) -> EventFile:
        """The file of a part, opened when there is something to write: resuming may come before."""
        if part not in self._files:
            place = self._places.pop(part, None)
            self._files[part] = EventFile(Path(self.log_dir) / part, place)
            if part == "train" and place is None:
                self._graph()
        return self._files[part]

    def _graph(self) -> None:
        nodes = _layer_graph(self.model) if self.write_graph else []
        if nodes:
            self._files["train"].add_graph(event_file.graph(nodes))

    @property
    def summary(self) -> Any:
        """What makes the values that ``EventFile.add`` writes: ``scalar``, ``histogram``…"""
        return event_file

    def _scalars(self, part: str, values: dict[str, Any], step: int) -> None:
        for tag, value in values.items():
            if np.ndim(value) == 0:
                self._file(part).add(tag, event_file.scalar(float(value)), step)
        if part in self._files:
            self._files[part].flush()

    def on_train_begin(self, logs: Any = None) -> None:
        self._step = 0
        self._places = {}
        if self.embeddings_freq:
            self._describe_embeddings()

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        self._epoch_step, self._started = self._step, time.perf_counter()

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        self._batch_started = time.perf_counter()

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self._step += 1
        if self.write_steps_per_second:
            took = time.perf_counter() - self._batch_started
            self._scalars("train", {"batch_steps_per_second": 1.0 / max(took, 1e-9)}, self._step)
        if self.update_freq != "epoch" and batch % self.update_freq == 0:
            self._scalars("train", {f"batch_{k}": v for k, v in (logs or {}).items()}, self._step)

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        logs = dict(logs or {})
        optimizer = getattr(self.model, "optimizer", None)
        if optimizer is not None:
            logs["learning_rate"] = float(optimizer.learning_rate)
        train = {f"epoch_{k}": v for k, v in logs.items() if not k.startswith("val_")}
        found = {f"epoch_{k[4:]}": v for k, v in logs.items() if k.startswith("val_")}
        if self.write_steps_per_second:
            took = max(time.perf_counter() - self._started, 1e-9)
            train["epoch_steps_per_second"] = (self._step - self._epoch_step) / took
        self._scalars("train", train, epoch)
        self._scalars("validation", found, epoch)
        if self.histogram_freq and epoch % self.histogram_freq == 0:
            self._weights(epoch)
        if self.embeddings_freq and epoch % self.embeddings_freq == 0:
            for layer in _embeddings(self.model):
                with written_whole(self._table(layer)) as part:
                    np.savetxt(part, np.asarray(layer.embeddings), delimiter="\t")

    def on_test_end(self, logs: Any = None) -> None:
        optimizer = getattr(self.model, "optimizer", None)
        if getattr(self.model, "fitting", None) is None and optimizer is not None:
            values = {f"evaluation_{k}_vs_iterations": v for k, v in (logs or {}).items()}
            self._scalars("validation", values, int(optimizer.iterations))
            self._close()

    def on_train_end(self, logs: Any = None) -> None:
        self._close()

    def on_interruption(self) -> None:
        self._close()

    def _close(self) -> None:
        for part, file in self._files.items():
            self._places[part] = file.place()
            file.close()
        self._files = {}

    def _weights(self, epoch: int) -> None:
        file = self._file("train")
        for variable in self.model.weights:
            values = np.asarray(variable)
            file.add(f"{variable.path}/histogram", event_file.histogram(values), epoch)
            pixels = _pixels(values) if self.write_images else None
            if pixels is not None:
                file.add(f"{variable.path}/image", event_file.image(pixels), epoch)
        file.flush()

    # Embeddings: a table for each layer, and a file that says where they are

    def _table(self, layer: Any) -> Path:
        return Path(self.log_dir) / f"{layer.name}.tsv"

    def _describe_embeddings(self) -> None:
        text = ""
        for layer in _embeddings(self.model):
            metadata = self.embeddings_metadata
            if isinstance(metadata, dict):
                metadata = metadata.get(layer.name)
            text += f'embeddings {{\n  tensor_name: "{layer.name}"\n'
            text += f'  tensor_path: "{self._table(layer).name}"\n'
            if metadata is not None:
                text += f'  metadata_path: "{os.fspath(metadata)}"\n'
            text += "}\n"
        if not text:
            warnings.warn("TensorBoard: the model has no Embedding layer.", stacklevel=2)
            return
        Path(self.log_dir).mkdir(parents=True, exist_ok=True)
        with written_whole(Path(self.log_dir) / "projector_config.pbtxt") as part:
            part.write_text(text)

    def state(self) -> dict[str, Any]:
        """The batches done, and the files with their lengths."""
        files = self._places | {part: file.place() for part, file in self._files.items()}
        return {"step": self._step, "epoch_step": self._epoch_step, "files": files}

    def load_state(self, saved: dict[str, Any]) -> None:
        self._step, self._epoch_step = saved["step"], saved["epoch_step"]
        self._places = {part: tuple(place) for part, place in saved["files"].items()}


def _embeddings(model: Any) -> list[Any]:
    layers = model._flatten_layers(include_self=False)
    return [layer for layer in layers if hasattr(layer, "embeddings") and layer.built]


def _layer_graph(model: Any) -> list[tuple[str, str, list[str]]]:
    """The layers, with the layers that each gets its inputs from, where that is known."""
    nodes = []
    for layer in model.layers:
        inputs = [
            tensor._keras_history.operation.name
            for node in getattr(layer, "_inbound_nodes", ())
            for tensor in node.input_tensors
        ]
        nodes.append((layer.name, type(layer).__name__, list(dict.fromkeys(inputs))))
    names = {name for name, _, _ in nodes}
    missing = {i for _, _, inputs in nodes for i in inputs} - names
    return [(name, "Input", []) for name in sorted(missing)] + nodes


def _pixels(values: np.ndarray) -> np.ndarray | None:
    """Weights of two axes, or a convolution's first kernel, as a picture in grey."""
    values = np.asarray(values, "float32")
    if values.ndim == 1:
        values = values[None]
    if values.ndim > 2:
        values = values.reshape(-1, values.shape[-1])
    if values.ndim != 2 or not values.size or max(values.shape) > 4096:
        return None
    low, high = float(values.min()), float(values.max())
    scaled = (values - low) / (high - low) if high > low else np.zeros_like(values)
    return (scaled * 255).astype("uint8")[:, :, None]


register("callback", TensorBoard)
