"""keras.layers: normalisation by batch, layer, group, root mean square, unit and spectrum."""

from tests.golden.harness import bools, real
from tests.golden.layer_case import LayerCases

CASES = LayerCases("layers_normalization")
layer = CASES.layer

IMAGES = real(4, 5, 5, 6)
for training in (True, False):
    layer("BatchNormalization", {}, real(6, 4), training=training)
    layer("BatchNormalization", {}, IMAGES, training=training)
    layer("BatchNormalization", {"axis": 1, "momentum": 0.8}, IMAGES, training=training)
    layer("BatchNormalization", {"center": False, "epsilon": 0.1}, real(6, 4), training=training)
    layer("BatchNormalization", {"scale": False}, real(6, 3, 4), training=training)
    layer("BatchNormalization", {"trainable": False}, real(6, 4), training=training)
layer("BatchNormalization", {}, real(6, 4), training=True, _calls=3)
MASK = bools(4, 5)
MASK[0] = True
layer("BatchNormalization", {}, real(4, 5, 3), training=True, mask=MASK)
layer("BatchNormalization", {"dtype": "mixed_float16"}, real(6, 4), training=True)
CLIPPING = {"rmax": 1.5, "rmin": 0.7, "dmax": 0.5}
for training in (True, False):
    config = {"renorm": True, "renorm_clipping": CLIPPING, "renorm_momentum": 0.8}
    layer("BatchNormalization", config, real(6, 4), training=training)
layer("BatchNormalization", {"renorm": True}, real(6, 4), training=True, _calls=2)

layer("LayerNormalization", {}, real(3, 4))
layer("LayerNormalization", {"axis": (1, 2), "epsilon": 1e-5}, real(2, 3, 4))
# An axis that is not last has no case: torch normalises the last ones only.
layer("LayerNormalization", {"center": False}, real(2, 3, 4))
layer("LayerNormalization", {"scale": False}, real(2, 3, 4))
layer("LayerNormalization", {"center": False, "scale": False}, real(2, 3, 4))
# Constant rows have no case: what is left of them on torch is rounding, times 30.
layer("LayerNormalization", {"dtype": "mixed_float16"}, real(3, 4))
layer("RMSNormalization", {}, real(3, 4))
layer("RMSNormalization", {"axis": (1, 2), "epsilon": 1e-3}, real(2, 3, 4))
for groups in (1, 2, 3, 6, -1):
    layer("GroupNormalization", {"groups": groups}, IMAGES)
layer("GroupNormalization", {"groups": 5, "axis": 1}, IMAGES)
layer("GroupNormalization", {"groups": 2, "center": False, "epsilon": 0.1}, real(3, 4))
layer("GroupNormalization", {"groups": 2, "scale": False}, real(3, 5, 4))
layer("UnitNormalization", {}, real(3, 4))
layer("UnitNormalization", {"axis": 1}, real(2, 3, 4))
layer("UnitNormalization", {"axis": (1, 2)}, real(2, 3, 4))
for training in (True, False):
    layer(
        "SpectralNormalization",
        lambda keras: keras.layers.SpectralNormalization(keras.layers.Dense(3), power_iterations=2),
        real(4, 5),
        training=training,
        _gradient=not training,  # the kernel is assigned on the way: backends differ
    )
    layer(
        "SpectralNormalization",
        lambda keras: keras.layers.SpectralNormalization(keras.layers.Conv2D(3, 2)),
        real(2, 4, 4, 2),
        training=training,
        _gradient=not training,
    )
