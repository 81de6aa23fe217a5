"""keras.layers: convolutions, their transposed, depthwise and separable kin, and pooling."""

from tests.golden.harness import distinct, real
from tests.golden.layer_case import LayerCases

CASES = LayerCases("layers_conv")
layer = CASES.layer

SPATIAL = {1: (9,), 2: (7, 6), 3: (5, 4, 6)}
KERNEL = {1: (3,), 2: (3, 2), 3: (2, 3, 2)}
FIRST = {"data_format": "channels_first"}


def signal(rank: int, channels: int, variant: dict):
    """A batch of signals, images or volumes in the variant's data format."""
    if variant.get("data_format") == "channels_first":
        return real(2, channels, *SPATIAL[rank])
    return real(2, *SPATIAL[rank], channels)


VARIANTS = (
    {},
    {"padding": "same", "activation": "relu"},
    {"strides": 2},
    {"strides": 2, "padding": "same"},
    {"dilation_rate": 2, "padding": "same"},
    {"use_bias": False},
    FIRST,
    FIRST | {"strides": 2, "padding": "same"},
)
for rank in (1, 2, 3):
    for variant in VARIANTS:
        config = {"filters": 4, "kernel_size": KERNEL[rank], **variant}
        layer(f"Conv{rank}D", config, signal(rank, 4, variant))
        if rank == 3:
            continue
        layer(f"SeparableConv{rank}D", config, signal(rank, 3, variant))
        deep = {"kernel_size": KERNEL[rank], "depth_multiplier": 2, **variant}
        layer(f"DepthwiseConv{rank}D", deep, signal(rank, 3, variant))
    for groups in (2, 4):
        config = {"filters": 4, "kernel_size": KERNEL[rank], "groups": groups}
        layer(f"Conv{rank}D", config, signal(rank, 4, {}))
for variant in ({}, {"dilation_rate": 2}, {"strides": 2}, {"groups": 2}):
    config = {"filters": 4, "kernel_size": 3, "padding": "causal", **variant}
    layer("Conv1D", config, real(2, 8, 4))
layer("SeparableConv2D", {"filters": 4, "kernel_size": 3, "depth_multiplier": 2}, real(2, 6, 6, 3))
layer("Conv2D", {"filters": 2, "kernel_size": 3, "strides": (2, 1)}, real(2, 7, 6, 3))
layer("Conv2D", {"filters": 2, "kernel_size": 1}, real(2, 4, 4, 3))
layer("Conv2D", {"filters": 2, "kernel_size": 3, "kernel_regularizer": "l2"}, real(1, 5, 5, 3))
for rank in (1, 2, 3):
    for variant in (
        {},
        {"padding": "same"},
        {"strides": 2},
        {"strides": 2, "padding": "same"},
        {"strides": 2, "output_padding": 1, "activation": "tanh"},
        {"use_bias": False},
        FIRST | {"strides": 2},
    ):
        config = {"filters": 2, "kernel_size": KERNEL[rank], **variant}
        layer(f"Conv{rank}DTranspose", config, signal(rank, 3, variant))
layer("Conv2DTranspose", {"filters": 2, "kernel_size": 3, "dilation_rate": 2}, real(1, 5, 5, 3))

# --- pooling --------------------------------------------------------------------------------------

for rank in (1, 2, 3):
    inside = SPATIAL[rank]
    last, first = distinct(2, *inside, 3), distinct(2, 3, *inside)
    for kind in ("Max", "Average"):
        name = f"{kind}Pooling{rank}D"
        layer(name, {"pool_size": 2}, last)
        odd = distinct(2, *(9, 7, 5)[:rank], 3)
        layer(name, {"pool_size": 3, "strides": 2, "padding": "same"}, odd)
        layer(name, {"pool_size": 3, "strides": 1}, last)
        if kind == "Max":  # torch takes padding on one side alone into the average
            layer(name, {"pool_size": 2, "padding": "same", **FIRST}, first)
        layer(f"Global{name}", {}, last)
        layer(f"Global{name}", {"keepdims": True, **FIRST}, first)
        layer(f"Adaptive{name}", {"output_size": 3}, last)
        layer(f"Adaptive{name}", {"output_size": (2,) * rank, **FIRST}, first)
layer("MaxPooling2D", {"pool_size": (3, 2), "strides": (1, 2)}, distinct(2, 7, 6, 2))
layer("AveragePooling2D", {"pool_size": (2, 3), "padding": "same"}, distinct(2, 6, 9, 2))
layer("AdaptiveAveragePooling2D", {"output_size": (4, 1)}, distinct(2, 7, 6, 2))
MASK = real(2, 9) > -0.5  # some steps of a sequence are left out of the mean
layer("GlobalAveragePooling1D", {}, real(2, 9, 3), mask=MASK)
layer("GlobalAveragePooling1D", {"keepdims": True}, real(2, 9, 3), mask=MASK)
for rank in (1, 2, 3):
    inside = SPATIAL[rank]
    first = distinct(2, 3, *inside)
    for kind in ("Max", "Average"):
        layer(f"Global{kind}Pooling{rank}D", {"keepdims": True}, distinct(2, *inside, 3))
        layer(f"Global{kind}Pooling{rank}D", FIRST, first)
        layer(f"Adaptive{kind}Pooling{rank}D", {"output_size": inside}, distinct(2, *inside, 3))
        layer(f"Adaptive{kind}Pooling{rank}D", {"output_size": 1, **FIRST}, first)
        layer(f"{kind}Pooling{rank}D", {"pool_size": 3, "strides": 2, **FIRST}, first)
