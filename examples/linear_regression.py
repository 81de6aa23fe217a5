"""Linear regression by hand: a tape, two variables, and steps against the gradient.

    python examples/linear_regression.py

The points lie on y = 0.5 x + 1.5. The same step runs eagerly, then compiled.
"""

import kerasette as keras
from kerasette import ops

x = keras.constant([1.0, 3.0, 5.0, 7.0])
y = keras.constant([2.0, 3.0, 4.0, 5.0])


def train(compiled: bool, steps: int = 2000) -> tuple[float, float]:
    """Fit ``y = w * x + b``; the slope and the intercept found."""
    w, b = keras.Variable(0.0, name="w"), keras.Variable(0.0, name="b")

    def step() -> keras.Tensor:
        with keras.GradientTape() as tape:
            loss = ops.mean(ops.square(w * x + b - y))
        dw, db = tape.gradient(loss, [w, b])
        w.assign_sub(0.03 * dw)
        b.assign_sub(0.03 * db)
        return loss

    if compiled:
        step = keras.function(step)
    for number in range(steps):
        loss = step()
        if number % 500 == 0:
            print(f"  step {number:4d}  loss {float(loss):.6f}")
    return float(w), float(b)


for compiled in (False, True):
    print("compiled" if compiled else "eager")
    slope, intercept = train(compiled)
    print(f"  w = {slope:.4f}, b = {intercept:.4f}")
    assert abs(slope - 0.5) < 1e-3, slope
    assert abs(intercept - 1.5) < 1e-3, intercept
