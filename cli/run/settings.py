"""Device, threads, precision and seed of a config, set for this process."""

import os
import sys
from typing import Any

from ..config.problems import Problems
from ..config.schema import Config
from ..model.objects import sentence

_THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


def set_threads(count: int | None) -> None:
    """How many threads numpy's library may use; it reads that once, when numpy is loaded."""
    if count is not None and "numpy" not in sys.modules:
        for name in _THREADS:
            os.environ[name] = str(count)


def apply_settings(config: Config, problems: Problems) -> None:
    """Choose device and precision, and seed all random numbers."""
    import kerasette
    from kerasette import dtype_policies
    from kerasette.arrays import device

    try:
        device.set_device(None if config.device == "auto" else config.device)
    except (ValueError, RuntimeError) as error:
        problems.add(("device",), sentence(error))
    try:
        dtype_policies.set_dtype_policy(config.precision)
    except (ValueError, TypeError) as error:
        problems.add(("precision",), sentence(error))
    kerasette.utils.set_random_seed(config.seed)


def reseed(config: Config) -> Any:
    """Seed again: what training draws must not depend on what was drawn before it."""
    import kerasette

    kerasette.utils.set_random_seed(config.seed)
