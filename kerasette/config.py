"""The public names of ``keras.config``: defaults and switches of the whole package."""

from kerasette.arrays import settings
from kerasette.arrays.device import current_device, set_device, set_tf32_products
from kerasette.arrays.memory import memory_info, reset_peak_memory, set_memory_limit
from kerasette.arrays.settings import (
    epsilon,
    floatx,
    image_data_format,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from kerasette.arrays.switches import check_limit, switches
from kerasette.backend import backend
from kerasette.dtype_policies import dtype_policy, set_dtype_policy
from kerasette.utils.io_utils import (
    disable_interactive_logging,
    enable_interactive_logging,
    is_interactive_logging_enabled,
)

__all__ = [
    "backend",
    "current_device",
    "disable_flash_attention",
    "disable_interactive_logging",
    "disable_traceback_filtering",
    "dtype_policy",
    "enable_flash_attention",
    "enable_interactive_logging",
    "enable_traceback_filtering",
    "enable_unsafe_deserialization",
    "epsilon",
    "float32_products",
    "floatx",
    "image_data_format",
    "is_flash_attention_enabled",
    "is_interactive_logging_enabled",
    "is_nnx_enabled",
    "is_traceback_filtering_enabled",
    "max_epochs",
    "max_steps_per_epoch",
    "memory_info",
    "reset_peak_memory",
    "set_backend",
    "set_device",
    "set_dtype_policy",
    "set_epsilon",
    "set_float32_products",
    "set_floatx",
    "set_image_data_format",
    "set_max_epochs",
    "set_max_steps_per_epoch",
    "set_memory_limit",
    "set_tf32",
    "set_threads",
    "tf32",
    "threads",
]


def set_backend(backend: str) -> None:
    """There is one backend; its own name changes nothing.

    Raises: ValueError for the name of another one.
    """
    if backend != "kerasette":
        raise ValueError(
            "kerasette is its own backend. To compute on a GPU call "
            f'kerasette.config.set_device("gpu"). Received: backend={backend!r}.'
        )


def enable_traceback_filtering() -> None:
    """Accepted as Keras does: errors here are short, and their tracebacks are whole."""
    switches.traceback_filtering = True


def disable_traceback_filtering() -> None:
    """Accepted as Keras does: errors here are short, and their tracebacks are whole."""
    switches.traceback_filtering = False


def is_traceback_filtering_enabled() -> bool:
    """What was last asked for."""
    return switches.traceback_filtering


def enable_flash_attention() -> None:
    """Accepted as Keras does: kernels are chosen by themselves."""
    switches.flash_attention = True


def disable_flash_attention() -> None:
    """Accepted as Keras does: kernels are chosen by themselves."""
    switches.flash_attention = False


def is_flash_attention_enabled() -> bool:
    """What was last asked for."""
    return switches.flash_attention


def is_nnx_enabled() -> bool:
    """Whether Flax's NNX is in use: it never is."""
    return False


def enable_unsafe_deserialization() -> None:
    """Refused: no file runs code here, and no switch changes that.

    Raises: ValueError, always.
    """
    raise ValueError(
        "kerasette never runs code from a file. Give your own classes and functions in "
        "`custom_objects`, or register them with register_keras_serializable()."
    )


def max_epochs() -> int | None:
    """The largest number of epochs that ``fit`` runs; ``None`` for no limit."""
    return switches.max_epochs


def set_max_epochs(max_epochs: int | None) -> None:
    """Limit the epochs of ``fit``, for a quick try of a long program; ``None`` for no limit."""
    switches.max_epochs = check_limit("max_epochs", max_epochs)


def max_steps_per_epoch() -> int | None:
    """The largest number of steps in an epoch; ``None`` for no limit."""
    return switches.max_steps_per_epoch


def set_max_steps_per_epoch(max_steps_per_epoch: int | None) -> None:
    """Limit the steps of an epoch, of evaluation and prediction; ``None`` for no limit."""
    switches.max_steps_per_epoch = check_limit("max_steps_per_epoch", max_steps_per_epoch)


def threads() -> int:
    """How many threads the kernels on the CPU use."""
    from kerasette.kernels.cpu.threads import count

    return count()


def set_threads(threads: int | None) -> None:
    """Have the kernels on the CPU use so many threads; ``None`` for as many as there are cores.

    By default it is what the environment's KERASETTE_NUM_THREADS or OMP_NUM_THREADS says, else the
    number of cores that the process may use. What is compiled already keeps its number.

    Raises: ValueError for what is no positive integer.
    """
    switches.threads = check_limit("threads", threads)
    _bind_anew()


def float32_products() -> str:
    """What kernels may multiply float32 numbers in: "float32" unless set."""
    return switches.float32_products


def set_float32_products(dtype: str) -> None:
    """Have matrix products and convolutions of float32 multiplied as they are, or in bfloat16.

    Args:
        dtype: "float32", or "bfloat16": some times as fast on processors that have instructions for
            it, with factors of 8 bits, that is, errors of 0.4 %; sums and results stay float32.

    What is compiled already stays as it is.

    Raises: ValueError for another dtype.
    """
    if dtype not in ("float32", "bfloat16"):
        raise ValueError(
            f'`dtype` of products must be "float32" or "bfloat16". Received: dtype={dtype!r}.'
        )
    switches.float32_products = dtype
    _bind_anew()


def tf32() -> dict[str, bool]:
    """Whether GPUs may round the factors of float32 to TF32's 10 bits, for "convolutions" (unless
    switched off) and "products" of matrices (unless switched on).

    >>> kerasette.config.tf32()
    {'convolutions': True, 'products': False}
    """
    return {"convolutions": switches.tf32_convolutions, "products": switches.tf32_products}


def set_tf32(convolutions: bool | None = None, products: bool | None = None) -> None:
    """Have GPUs compute convolutions, or products of matrices, of float32 in TF32, or not.

    TF32 has the range of float32 and 10 bits of fraction: errors of 0.05 % for some ten times the
    speed; sums stay float32. The switch for convolutions is for cuDNN's; those that run as products
    of matrices obey the other one. ``None`` leaves a switch as it is. A CPU has no TF32.
    """
    if convolutions is not None:
        switches.tf32_convolutions = bool(convolutions)
    if products is not None:
        set_tf32_products(bool(products))
    _bind_anew()


def _bind_anew() -> None:
    """Have operations forget the kernels that they were bound to."""
    for forget in settings.when_floatx_changes:
        forget()
