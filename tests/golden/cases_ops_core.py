"""keras.ops: control flow, mapping, custom gradients; the namespaces hold the same functions."""

import numpy as np

from tests.golden.harness import Cases, differentiate, integers, real, record

CASES = Cases("ops_core")


def program(name: str, *covers: str, inputs: list, **how) -> object:
    """Decorator: ``function(keras, *tensors)`` as a case, with gradients by its float inputs."""

    def enter(function):
        def run(keras):
            outputs, slopes = differentiate(keras, lambda *xs: function(keras, *xs), inputs)
            return record(keras, "out", outputs) | slopes

        CASES.add(name, run, *covers, **how)
        return function

    return enter


@program("scan, a running product", "ops.scan", inputs=[real(3), real(5, 3)])
def scan(keras, start, xs):
    return keras.ops.scan(lambda c, x: (c * 0.5 + x, keras.ops.tanh(c)), start, xs)


@program("scan, reverse", "ops.scan", inputs=[real(3), real(5, 3)])
def scan_reverse(keras, start, xs):
    return keras.ops.scan(lambda c, x: (c * 0.5 + x, c * x), start, xs, reverse=True)


@program("scan, nested state", "ops.scan", inputs=[real(3), real(5, 3), real(5, 1)])
def scan_nested(keras, start, xs, scale):
    def step(carry, inputs):
        total, count = carry
        x, factor = inputs
        return (total + factor * x, count + 1), {"sum": total, "squared": x * x}

    carry, outputs = keras.ops.scan(step, (start, keras.ops.zeros(())), (xs, scale))
    return [carry, outputs["sum"], outputs["squared"]]


@program("scan, length only", "ops.scan", inputs=[real(3)])
def scan_length(keras, start):
    return keras.ops.scan(lambda c, _: (c * 1.1, c), start, length=4)


@program("associative scan", "ops.associative_scan", inputs=[real(6, 2)])
def associative_scan(keras, xs):
    return [
        keras.ops.associative_scan(lambda a, b: a + b, xs),
        keras.ops.associative_scan(lambda a, b: a * b, xs, reverse=True),
        keras.ops.associative_scan(lambda a, b: a + b, xs, axis=1),
    ]


@program("cond", "ops.cond", inputs=[real(3)])
def cond(keras, x):
    high = keras.ops.sum(x) > 100.0
    return [
        keras.ops.cond(high, lambda: x * 2, lambda: x * 3),
        keras.ops.cond(keras.ops.logical_not(high), lambda: keras.ops.sin(x), lambda: x),
    ]


@program("switch", "ops.switch", inputs=[real(3)])
def switch(keras, x):
    branches = [lambda v: v, lambda v: v * 2, lambda v: keras.ops.exp(v)]
    return [keras.ops.switch(keras.ops.convert_to_tensor(i), branches, x) for i in (-2, 0, 1, 9)]


@program("while loop", "ops.while_loop", inputs=[real(3)])
def while_loop(keras, x):
    zero = keras.ops.convert_to_tensor(np.int32(0))
    body = lambda i, v: (i + 1, keras.ops.tanh(v) * 1.5)  # noqa: E731
    return [
        keras.ops.while_loop(lambda i, v: i < 4, body, (zero, x)),
        keras.ops.while_loop(lambda i, v: i < 9, body, (zero, x), maximum_iterations=2),
    ]


@program("for loop", "ops.fori_loop", inputs=[real(3)])
def fori_loop(keras, x):
    return keras.ops.fori_loop(1, 4, lambda i, v: v * keras.ops.cast(i, "float32"), x)


@program("map", "ops.map", inputs=[real(4, 3), real(4)])
def map_rows(keras, xs, ys):
    return [
        keras.ops.map(lambda x: keras.ops.sum(x * x), xs),
        keras.ops.map(lambda pair: pair[0] * pair[1], (xs, ys)),
    ]


@program("vectorized map", "ops.vectorized_map", inputs=[real(4, 3), real(4, 3, seed=1)])
def vectorized_map(keras, xs, ys):
    return [
        keras.ops.vectorized_map(lambda x: keras.ops.sum(x * x), xs),
        keras.ops.vectorized_map(lambda pair: keras.ops.dot(pair[0], pair[1]), [xs, ys]),
    ]


@program("vectorize", "ops.vectorize", inputs=[real(4, 3), real(3)])
def vectorize(keras, xs, ys):
    dot = keras.ops.vectorize(lambda a, b: keras.ops.sum(a * b), signature="(n),(n)->()")
    return [dot(xs, ys), keras.ops.vectorize(lambda a, b: a + b)(xs, ys)]


@program("stop gradient", "ops.stop_gradient", inputs=[real(3)])
def stop_gradient(keras, x):
    return x * keras.ops.stop_gradient(x)


@program("custom gradient", "ops.custom_gradient", inputs=[real(3)])
def custom_gradient(keras, x):
    @keras.ops.custom_gradient
    def softly(value):
        def grad(*args, upstream=None):
            upstream = args[0] if upstream is None else upstream
            return upstream * 10.0

        return keras.ops.exp(value), grad

    return softly(x)


@CASES.case("ops.jvp")
def jvp(keras):
    """Forward derivative, also with several inputs and an auxiliary output."""
    x, y, t = (keras.ops.convert_to_tensor(real(3, seed=i)) for i in range(3))
    plain = keras.ops.jvp(lambda a: keras.ops.sin(a) * a, (x,), (t,))
    pair = keras.ops.jvp(lambda a, b: a * b, (x, y), (t, t))
    extra = keras.ops.jvp(lambda a: (a * a, keras.ops.sum(a)), (x,), (t,), has_aux=True)
    return [plain, pair, extra]


@CASES.case("ops.stop_gradient", "ops.convert_to_numpy")
def variables_in_ops(keras):
    """A Variable may stand where a tensor may."""
    variable = keras.Variable(real(2, 3), name="v")
    variable.assign_add(keras.ops.ones((2, 3)))
    return [variable + 1, variable @ keras.ops.transpose(variable), keras.ops.sum(variable)]


@CASES.case("ops.unstack")
def unpacking(keras):
    """A tensor can be iterated and measured."""
    x = keras.ops.convert_to_tensor(integers(0, 9, 3, 2))
    return [list(x), len(x)]


SPACES = {
    "nn": """adaptive_average_pool adaptive_max_pool average_pool batch_normalization
binary_crossentropy categorical_crossentropy celu conv conv_transpose ctc_decode ctc_loss
depth_to_space depthwise_conv dot_product_attention elu fold gelu glu hard_shrink hard_sigmoid
hard_silu hard_swish hard_tanh layer_normalization leaky_relu log_sigmoid log_softmax max_pool
moments multi_hot normalize one_hot polar psnr relu relu6 rms_normalization selu separable_conv
sigmoid silu soft_shrink softmax softplus softsign space_to_depth sparse_categorical_crossentropy
sparse_plus sparse_sigmoid sparsemax squareplus swish tanh_shrink threshold unfold""",
    "linalg": """cholesky cholesky_inverse det eig eigh inv jvp lstsq lu_factor matrix_rank norm
pinv qr solve solve_triangular svd""",
    "numpy": """abs absolute add all allclose amax amin angle any append arange arccos arccosh
arcsin arcsinh arctan arctan2 arctanh argmax argmin argpartition argsort array array_split
average bartlett bincount bitwise_and bitwise_invert bitwise_left_shift bitwise_not bitwise_or
bitwise_right_shift bitwise_xor blackman broadcast_to cbrt ceil clip concatenate conj conjugate
copy corrcoef correlate cos cosh count_nonzero cross cumprod cumsum deg2rad diag diagflat
diagonal diff digitize divide divide_no_nan dot dsplit dstack einsum empty empty_like equal exp
exp2 expand_dims expm1 eye fabs flip fliplr flipud floor floor_divide fmax fmin fmod full
full_like gcd geomspace get_item greater greater_equal hamming hanning heaviside histogram hsplit
hstack hypot i0 identity imag inner isclose isfinite isin isinf isnan isneginf isposinf isreal
kaiser kron lcm ldexp left_shift less less_equal linspace log log10 log1p log2 logaddexp
logaddexp2 logical_and logical_not logical_or logical_xor logspace matmul max maximum mean median
meshgrid min minimum mod moveaxis multiply nan_to_num nanargmax nanargmin nancumprod nancumsum
nanmax nanmean nanmedian nanmin nanpercentile nanprod nanquantile nanstd nansum nanvar ndim
negative nextafter nonzero not_equal ones ones_like outer pad percentile power prod ptp quantile
rad2deg ravel real reciprocal repeat reshape right_shift roll rot90 round searchsorted select
sign signbit sin sinc sinh size slogdet sort split sqrt square squeeze stack std subtract sum
swapaxes take take_along_axis tan tanh tensordot tile trace transpose trapezoid tri tril triu
true_divide trunc unique unravel_index vander var vdot vectorize view vsplit vstack where zeros
zeros_like""",
}
for space, text in SPACES.items():
    names = text.split()

    def same(keras, space=space, names=names):
        """Each name is the very function of ``keras.ops``."""
        inside = getattr(keras.ops, space)
        wrong = [n for n in names if getattr(inside, n, None) is not getattr(keras.ops, n)]
        return {"wrong": np.asarray(" ".join(wrong))}

    CASES.add(f"ops.{space} is ops", same, *(f"ops.{space}.{name}" for name in names))
