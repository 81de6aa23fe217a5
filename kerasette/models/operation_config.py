"""Functions of ``ops`` in the graph of a Functional model: how Keras's files write their calls.

Keras has a class for each function. What the class is made with stands in its config, and only the
rest, the operands, in the call: ``ops.clip(x, -1, 1)`` is ``Clip`` with ``x_min`` and ``x_max``,
called on ``x``.
"""

import functools
import inspect
from typing import Any

from kerasette.core.history import OpCall
from kerasette.core.operation import has_symbol

# For each of Keras's modules: classes, and the parameters of the function that are in the config.
# A class that is in no line is of the module "numpy", and has operands only.
_CLASSES = {
    "numpy": """
        Rot90 k axes; All axis keepdims; AllClose rtol atol equal_nan; Any axis keepdims; Amax
        axis keepdims; Amin axis keepdims; Append axis; Arange dtype; Argmax axis keepdims; Argmin
        axis keepdims; Argsort axis; Array dtype; View dtype; Average axis; Bincount weights
        minlength sparse; BroadcastTo shape; Clip x_min x_max; Concatenate axis; CountNonzero
        axis; Cross axisa axisb axisc axis; Cumprod axis dtype; Cumsum axis dtype; Diag k;
        Diagflat k; Diagonal offset axis1 axis2; Diff n axis; Einsum subscripts; EmptyLike dtype;
        ExpandDims axis; Flip axis; Full shape dtype; FullLike dtype; Geomspace num endpoint dtype
        axis; Hsplit indices_or_sections; Isclose equal_nan; IsIn assume_unique invert; Linspace
        num endpoint retstep dtype axis; Logspace num endpoint base dtype axis; Max axis keepdims
        initial; Median axis keepdims; Meshgrid indexing; Min axis keepdims initial; Moveaxis
        source destination; Nanargmax axis keepdims; Nanargmin axis keepdims; Nancumsum axis
        dtype; Nancumprod axis dtype; Nanmax axis keepdims; Nanmean axis keepdims; Nanmedian axis
        keepdims; Nanmin axis keepdims; Nanpercentile axis method keepdims; Nanprod axis keepdims;
        Nanquantile axis method keepdims; Nanstd axis keepdims; Nansum axis keepdims; Nanvar axis
        keepdims; NanToNum nan posinf neginf; OnesLike dtype; ZerosLike dtype; Pad pad_width mode;
        Percentile axis method keepdims; Prod axis keepdims dtype; Ptp axis keepdims; Quantile
        axis method keepdims; UnravelIndex shape; Repeat repeats axis; Reshape newshape; Roll
        shift axis; Round decimals; SearchSorted side; Sort axis; Split indices_or_sections axis;
        Stack axis; Std axis keepdims; Swapaxes axis1 axis2; Take axis; TakeAlongAxis axis;
        Tensordot axes; Tile repeats; Trace offset axis1 axis2; Tril k; Triu k; Vsplit
        indices_or_sections; Squeeze axis; Transpose axes; Trapezoid x dx axis; Mean axis
        keepdims; Vander N increasing; Var axis keepdims; Sum axis keepdims; Correlate mode;
        Argpartition kth axis; Histogram bins range; ArraySplit indices_or_sections axis; Unique
        sorted return_index return_inverse return_counts axis size fill_value; Dsplit
        indices_or_sections
    """,
    "math": """
        SegmentSum num_segments sorted; SegmentMax num_segments sorted; SegmentMin num_segments
        sorted; SegmentProd num_segments sorted; TopK k sorted; InTopK k; Logsumexp axis keepdims;
        CDist; ExtractSequences sequence_length sequence_stride; FFT; FFT2; IFFT2; RFFT
        fft_length; IRFFT fft_length; STFT sequence_length sequence_stride fft_length window
        center; ISTFT sequence_length sequence_stride fft_length length window center; Rsqrt; Erf;
        Erfc; Erfinv; Logdet; ViewAsComplex; ViewAsReal
    """,
    "nn": """
        Relu; Relu6; Sigmoid; SparseSigmoid; Softplus; Softsign; SoftShrink threshold; SparsePlus;
        Silu; Squareplus b; LogSigmoid; LeakyRelu negative_slope; HardSigmoid; HardSilu; Elu
        alpha; Selu; Gelu approximate; Celu alpha; Glu axis; TanhShrink; HardTanh; HardShrink
        threshold; Threshold threshold default_value; Softmax axis; LogSoftmax axis; Sparsemax
        axis; MaxPool pool_size strides padding data_format; AdaptiveMaxPool output_size
        data_format; AveragePool pool_size strides padding data_format; AdaptiveAveragePool
        output_size data_format; Conv strides padding data_format dilation_rate; DepthwiseConv
        strides padding data_format dilation_rate; SeparableConv strides padding data_format
        dilation_rate; ConvTranspose strides padding output_padding data_format dilation_rate;
        OneHot num_classes axis dtype sparse; BinaryCrossentropy from_logits;
        CategoricalCrossentropy from_logits axis; SparseCategoricalCrossentropy from_logits axis;
        MultiHot num_classes axis dtype sparse; Moments axes keepdims synchronized; BatchNorm axis
        epsilon; CTCLoss mask_index; CTCDecode strategy beam_width top_paths merge_repeated
        mask_index; Normalize axis order epsilon; PSNR max_val; DotProductAttention is_causal
        flash_attention attn_logits_soft_cap; RMSNorm axis epsilon; LayerNorm axis epsilon
        rms_scaling; Polar; Unfold kernel_size dilation padding stride; Fold output_size
        kernel_size dilation padding stride; DepthToSpace block_size data_format; SpaceToDepth
        block_size data_format
    """,
    "linalg": """
        Cholesky upper; CholeskyInverse upper; Det; Eig; Eigh; Inv; LuFactor; Norm ord axis
        keepdims; Qr mode; Solve; SolveTriangular lower; SVD full_matrices compute_uv; Lstsq
        rcond; MatrixRank tol; Pinv rcond; JVP has_aux
    """,
    "core": """
        Map; Scan length reverse unroll; AssociativeScan reverse axis; Scatter shape;
        ScatterUpdate reduction; Slice shape; SliceUpdate; Switch; WhileLoop cond body
        maximum_iterations; StopGradient; ForiLoop lower upper body_fun; Unstack num axis; Cast
        dtype; SaturateCast dtype; ConvertToTensor dtype sparse ragged; Cond; VectorizedMap
        function
    """,
    "image": """
        RGBToGrayscale data_format; RGBToHSV data_format; HSVToRGB data_format; Resize size
        interpolation antialias crop_to_aspect_ratio pad_to_aspect_ratio fill_mode fill_value
        data_format; AffineTransform interpolation fill_mode fill_value data_format;
        ExtractPatches size strides dilation_rate padding data_format; MapCoordinates order
        fill_mode fill_value; PadImages top_padding left_padding bottom_padding right_padding
        target_height target_width data_format; CropImages top_cropping left_cropping
        bottom_cropping right_cropping target_height target_width data_format;
        PerspectiveTransform interpolation fill_value data_format; GaussianBlur kernel_size sigma
        data_format; ElasticTransform alpha sigma interpolation fill_mode fill_value seed
        data_format; ScaleAndTranslate spatial_dims method antialias; SobelEdges data_format; SSIM
        max_val filter_size filter_sigma k1 k2 data_format
    """,
    "einops": """
        Rearrange
    """,
}


@functools.cache
def _table() -> dict[str, tuple[str, tuple[str, ...]]]:
    """``{class: (module, names of the parameters in the config)}``."""
    found = {}
    for module, lines in _CLASSES.items():
        for line in lines.split(";"):
            name, *parameters = line.split()
            found[name] = (module, tuple(parameters))
    return found


def is_operation(entry: dict[str, Any]) -> bool:
    """Whether an entry of a file's graph that names no module is a function of ``ops``.

    Some classes of layers have the same names; a layer's config always says whether it trains.
    """
    config = entry.get("config")
    return not entry.get("module") and isinstance(config, dict) and "trainable" not in config


def split_call(operation: OpCall, args: Any, kwargs: dict[str, Any]) -> tuple[dict, list, dict]:
    """A call's arguments as Keras's files part them: ``(config, args, kwargs)``."""
    parameters = _table().get(operation.class_name, ("", ()))[1]
    bound = inspect.signature(operation.function).bind(*args, **kwargs)
    bound.apply_defaults()
    config = {
        name: bound.arguments.pop(name)
        for name in parameters
        if name in bound.arguments and not has_symbol(bound.arguments[name])
    }
    operands, named = [], {}
    for name, value in bound.arguments.items():
        kind = bound.signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_POSITIONAL:
            operands.extend(value)
        elif kind is inspect.Parameter.VAR_KEYWORD:
            named.update(value)
        else:
            operands.append(value)
    while operands and operands[-1] is None:  # optional ones that were not given
        operands.pop()
    return config, operands, named


def module_of(class_name: str) -> str:
    """The module of Keras that a class of operations is in."""
    return f"keras.src.ops.{_table().get(class_name, ('numpy', ()))[0]}"


def joined_call(function: Any, config: dict[str, Any], args: Any, kwargs: Any) -> tuple[list, dict]:
    """The arguments of the function's call, from an entry's config and its node."""
    fixed = {name: value for name, value in config.items() if name != "name"}
    parameters = list(inspect.signature(function).parameters.values())
    free = [p for p in parameters if p.name not in fixed]
    if any(p.kind is inspect.Parameter.VAR_POSITIONAL for p in free):
        ahead = [p.name for p in parameters if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
        leading = [fixed.pop(name) for name in ahead if name in fixed]
        return [*leading, *args], {**kwargs, **fixed}
    named = {p.name: value for p, value in zip(free, args, strict=False)}
    return [], {**named, **kwargs, **fixed}
