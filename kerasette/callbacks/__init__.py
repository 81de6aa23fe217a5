"""Callbacks: what is told of training as it goes on. Each is loaded when it is first used."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kerasette.callbacks.backup_and_restore import BackupAndRestore as BackupAndRestore
    from kerasette.callbacks.callback import Callback as Callback
    from kerasette.callbacks.callback_list import CallbackList as CallbackList
    from kerasette.callbacks.checkpoints import Checkpoints as Checkpoints
    from kerasette.callbacks.csv_logger import CSVLogger as CSVLogger
    from kerasette.callbacks.early_stopping import EarlyStopping as EarlyStopping
    from kerasette.callbacks.history import History as History
    from kerasette.callbacks.lambda_callback import LambdaCallback as LambdaCallback
    from kerasette.callbacks.learning_rate_scheduler import (
        LearningRateScheduler as LearningRateScheduler,
    )
    from kerasette.callbacks.model_checkpoint import ModelCheckpoint as ModelCheckpoint
    from kerasette.callbacks.orbax_checkpoint import OrbaxCheckpoint as OrbaxCheckpoint
    from kerasette.callbacks.progbar_logger import ProgbarLogger as ProgbarLogger
    from kerasette.callbacks.reduce_lr_on_plateau import ReduceLROnPlateau as ReduceLROnPlateau
    from kerasette.callbacks.remote_monitor import RemoteMonitor as RemoteMonitor
    from kerasette.callbacks.swap_ema_weights import SwapEMAWeights as SwapEMAWeights
    from kerasette.callbacks.tensor_board import TensorBoard as TensorBoard
    from kerasette.callbacks.terminate_on_nan import TerminateOnNaN as TerminateOnNaN

_HOMES = {
    "BackupAndRestore": "backup_and_restore",
    "CSVLogger": "csv_logger",
    "Callback": "callback",
    "CallbackList": "callback_list",
    "Checkpoints": "checkpoints",
    "EarlyStopping": "early_stopping",
    "History": "history",
    "LambdaCallback": "lambda_callback",
    "LearningRateScheduler": "learning_rate_scheduler",
    "ModelCheckpoint": "model_checkpoint",
    "OrbaxCheckpoint": "orbax_checkpoint",
    "ProgbarLogger": "progbar_logger",
    "ReduceLROnPlateau": "reduce_lr_on_plateau",
    "RemoteMonitor": "remote_monitor",
    "SwapEMAWeights": "swap_ema_weights",
    "TensorBoard": "tensor_board",
    "TerminateOnNaN": "terminate_on_nan",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__


def load_all() -> None:
    """Load every callback, so that all of them are in the registry."""
    for name in _HOMES:
        __getattr__(name)
