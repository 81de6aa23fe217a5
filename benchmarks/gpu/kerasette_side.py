"""A workload here: ``python -m benchmarks.gpu.kerasette_side WORKLOAD DTYPE [rehearse]``."""

import os
import sys
from typing import Any

import numpy as np

os.environ.setdefault("KERAS_MODULE", "kerasette")

import kerasette
from benchmarks.gpu import sizes
from kerasette import layers
from kerasette.arrays import device as devices


def mlp(size: sizes.Size) -> Any:
    """Wide layers: matrix products and little else."""
    parts = [layers.Dense(size.width, activation="relu") for _ in range(size.depth)]
    return kerasette.Sequential([layers.Input((size.width,)), *parts, layers.Dense(size.classes)])


def resnet50(size: sizes.Size) -> Any:
    """He, Zhang, Ren and Sun, "Deep residual learning for image recognition" (2015)."""

    def convolved(x: Any, filters: int, kernel: int, stride: int = 1, active: bool = True) -> Any:
        x = layers.Conv2D(filters, kernel, strides=stride, padding="same", use_bias=False)(x)
        x = layers.BatchNormalization()(x)
        return layers.ReLU()(x) if active else x

    x = inputs = layers.Input((size.picture, size.picture, 3))
    x = layers.MaxPooling2D(3, 2, padding="same")(convolved(x, size.width, 7, 2))
    for stage, blocks in enumerate(sizes.STAGES):
        filters = size.width * 2**stage
        for block in range(blocks):
            stride = 2 if stage and not block else 1
            y = convolved(convolved(x, filters, 1), filters, 3, stride)
            y = convolved(y, 4 * filters, 1, active=False)
            if not block:
                x = convolved(x, 4 * filters, 1, stride, active=False)
            x = layers.ReLU()(layers.Add()([x, y]))
    outputs = layers.Dense(size.classes)(layers.GlobalAveragePooling2D()(x))
    return kerasette.Model(inputs, outputs)


def lstm(size: sizes.Size) -> Any:
    """Two layers of LSTM over words."""
    parts = [layers.Embedding(size.words, size.width)]
    parts += [
        layers.LSTM(size.width, return_sequences=i < size.depth - 1) for i in range(size.depth)
    ]
    return kerasette.Sequential(
        [layers.Input((size.length,), dtype="int32"), *parts, layers.Dense(1, dtype="float32")]
    )


def gpt(size: sizes.Size) -> Any:
    """A causal language model."""
    inputs = layers.Input((size.length,), dtype="int32")
    places = layers.Embedding(size.length, size.width)
    x = layers.Embedding(size.words, size.width)(inputs)
    x = x + places(kerasette.ops.arange(size.length))
    for _ in range(size.depth):
        y = layers.LayerNormalization()(x)
        attention = layers.MultiHeadAttention(sizes.HEADS, size.width // sizes.HEADS)
        x = x + attention(y, y, use_causal_mask=True)
        y = layers.Dense(4 * size.width, activation="gelu")(layers.LayerNormalization()(x))
        x = x + layers.Dense(size.width)(y)
    x = layers.LayerNormalization()(x)
    return kerasette.Model(inputs, layers.Dense(size.words)(x))


MODELS = {"mlp": mlp, "resnet50": resnet50, "lstm": lstm, "gpt": gpt}


def made(name: str, rehearse: bool) -> Any:
    """The compiled model of a workload."""
    if name in sizes.SMALL:
        from benchmarks.workloads.keras_programs import MODELS as OF_THE_CPU

        return OF_THE_CPU[sizes.CPU_NAMES.get(name, name)]()
    model = MODELS[name](sizes.size_of(name, rehearse))
    losses = kerasette.losses
    loss = losses.BinaryCrossentropy if name == "lstm" else losses.SparseCategoricalCrossentropy
    model.compile("adam", loss(from_logits=True))
    return model


def operations(model: Any, batch: int, steps: int) -> float:
    """The multiplications and additions of one step: of the forward pass, and twice that back."""
    forward = 0.0
    for layer in model._flatten_layers():
        kind = type(layer).__name__
        kernel = getattr(layer, "kernel", None)
        if kind == "Dense" and kernel is not None:
            forward += 2 * kernel.shape[0] * int(np.prod(layer.output.shape[1:]))
        elif kind == "Conv2D":
            forward += 2 * kernel.size * int(np.prod(layer.output.shape[1:3]))
        elif kind == "LSTM":
            cell = layer.cell
            forward += 2 * steps * (cell.kernel.size + cell.recurrent_kernel.size)
        elif kind == "MultiHeadAttention":
            length, width = layer.output.shape[1:]
            forward += 2 * length * 4 * width * width + 4 * length * length * width
    return 3 * forward * batch


def main(name: str, dtype: str, rehearse: bool) -> None:
    """Train on one batch again and again, and print the time of a step."""
    kerasette.config.set_device("cpu" if rehearse else "gpu:0")
    kerasette.config.set_dtype_policy("mixed_bfloat16" if dtype == "bfloat16" else "float32")
    x, y = sizes.batch_of(name, rehearse)
    model = made(name, rehearse)
    step = model.make_train_function()
    data = (kerasette.constant(x), kerasette.constant(y), None)
    clock = sizes.wall_clock(lambda: None)
    found: dict[str, Any] = {}
    if not rehearse:
        cupy = devices.cupy_module()
        start, end = cupy.cuda.Event(), cupy.cuda.Event()

        def clock(run: Any) -> float:
            start.record()
            run()
            end.record()
            end.synchronize()
            return float(cupy.cuda.get_elapsed_time(start, end))

        properties = cupy.cuda.runtime.getDeviceProperties(0)
        found["device"] = properties["name"].decode()
    found["step_ms"] = sizes.measured(lambda: step.run(data), clock, rehearse)
    found["loss"] = float(step.results()["loss"])
    found["operations"] = operations(model, *x.shape[:2])
    found["parameters"] = model.count_params()
    if not rehearse:
        found["peak_gb"] = kerasette.config.memory_info()["peak"] / 2**30
    sizes.report(**found)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], "rehearse" in sys.argv[3:])
