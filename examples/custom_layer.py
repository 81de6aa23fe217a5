"""A layer of one's own: weights in ``build``, the computation in ``call``.

    python examples/custom_layer.py

It computes radial basis functions: how near an input is to each of its centres. It trains, and it
comes back from its config and its weights.
"""

import numpy as np

import kerasette as keras
from kerasette import layers, ops

keras.utils.set_random_seed(3)


@keras.saving.register_keras_serializable(package="examples")
class RadialBasis(layers.Layer):
    """``exp(-width * |x - centre|^2)``: ``(batch, features) -> (batch, units)``."""

    def __init__(self, units: int, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.centres = self.add_weight(
            shape=(self.units, input_shape[-1]), initializer="random_normal", name="centres"
        )
        self.widths = self.add_weight(shape=(self.units,), initializer="ones", name="widths")

    def call(self, inputs):
        difference = ops.expand_dims(inputs, 1) - self.centres
        return ops.exp(-self.widths * ops.sum(ops.square(difference), axis=-1))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


# Two rings: no straight line parts them, but the distance from a centre does.
random = np.random.default_rng(0)
angle = random.uniform(0, 2 * np.pi, 600)
label = random.integers(0, 2, 600)
radius = 0.5 + label + random.normal(0, 0.1, 600)
points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).astype("float32")

model = keras.Sequential([keras.Input((2,)), RadialBasis(16), layers.Dense(1, "sigmoid")])
model.compile(keras.optimizers.Adam(0.05), "binary_crossentropy", metrics=["accuracy"])
model.fit(points[:400], label[:400], epochs=40, verbose=0)
_, accuracy = model.evaluate(points[400:], label[400:], verbose=0)
print(f"two rings: accuracy on new points {accuracy:.1%}")
assert accuracy > 0.97, accuracy

twin = keras.Sequential.from_config(model.get_config())
twin.set_weights(model.get_weights())
assert np.array_equal(twin.predict(points, verbose=0), model.predict(points, verbose=0))
print("the same outputs after config and weights were copied")
