"""What a training run is made of, as plain values: by them a resumed run knows itself again.

Names that were made up (``dense_3``) do not count, and neither does what cannot be known: the
batches of a generator, a loss that is a lambda. Those stand as ``{"unknown": "why"}``.
"""

import re
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np

from kerasette import tree
from kerasette.saving.serialization import serialize_keras_object

_UNKNOWN = "unknown"
_WHOLE = 1 << 28  # bytes of an array up to which all of it is read
_SUMMED = 1 << 32  # bytes up to which at least the bits of all its elements are added
_WORDS = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint64}
_BLOCKS, _BLOCK = 256, 1 << 16
_SHOWN = 6
_NOTHING = object()
_LEFT_OUT = ("build_config", "build_input_shape", "compile_config", "registered_name", "module")


def unknown(why: str) -> dict[str, str]:
    """What stands for a value that cannot be known."""
    return {_UNKNOWN: why}


def of_run(model: Any, batches: Any, validation: Any, **how: Any) -> dict[str, Any]:
    """The fingerprint of a run: model, compilation, data, and the arguments ``how``."""
    compiled = {
        name: _serialized(value, f"`{name}` of compile()")
        for name, value in (model._compile_config or {}).items()
    }
    if _has_stepped(model.optimizer):
        _forget_rates(compiled.get("optimizer"))
    found = {
        "model": _serialized(model, "the layers of the model"),
        "weights": [f"{list(v.shape)} {v.dtype}" for v in model.weights]
        if model.built
        else unknown("the weights of a model that is not built"),
        "compile": compiled,
        "fit": how,
        "data": batches.fingerprint(),
        "validation": None if validation is None else validation.fingerprint(),
    }
    return _without_names(found)


def of_arrays(data: Any) -> Any:
    """Shapes, dtypes and checksums of a structure of arrays."""
    return tree.map_structure(lambda a: None if a is None else of_array(a), data)


def of_array(array: np.ndarray) -> str:
    """Shape, dtype and a checksum, as one text.

    All of an array up to 256 MiB is in the checksum; of a larger one 256 blocks spread over it and,
    up to 4 GiB, the sum of all its elements' bits.
    """
    array = np.asarray(array)
    if array.nbytes <= _WHOLE or len(array) < _BLOCKS:
        code = zlib.crc32(np.ascontiguousarray(array).view(np.uint8).data if array.size else b"")
    else:
        rows = max(1, _BLOCK * len(array) // array.nbytes)
        code = 0
        for start in np.linspace(0, len(array) - rows, _BLOCKS).astype(int):
            code = zlib.crc32(array[start : start + rows].tobytes(), code)
        if array.nbytes <= _SUMMED and array.itemsize in _WORDS:
            total = int(array.view(_WORDS[array.itemsize]).sum(dtype=np.uint64))
            code = zlib.crc32(total.to_bytes(8, "little"), code)
    return f"{list(array.shape)} {array.dtype.name}, checksum {code:08x}"


def differences(before: Any, now: Any) -> list[str]:
    """Where two fingerprints differ, as ``compile.optimizer.learning_rate: 0.1, now 0.01``."""
    old, new = dict(_leaves(before)), dict(_leaves(now))
    dark = {path[:-1] for path in [*old, *new] if path[-1:] == (_UNKNOWN,)}
    found = []
    for path in dict.fromkeys([*old, *new]):
        if any(path[:length] in dark for length in range(len(path) + 1)):
            continue
        was, is_ = (leaves.get(path, _NOTHING) for leaves in (old, new))
        if repr(was) != repr(is_):
            found.append(f"{_written(path)}: {_shown(was)}, now {_shown(is_)}")
    return found


def _shown(value: Any) -> str:
    if value is _NOTHING:
        return "nothing"
    return f"{value:.7g}" if isinstance(value, float) else repr(value)


def told(found: list[str]) -> str:
    """The first few differences in one line."""
    more = f"; and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return "; ".join(found[:_SHOWN]) + more


def unknowns(fingerprint: Any) -> list[str]:
    """What of a run cannot be compared, in words."""
    return list(dict.fromkeys(v for p, v in _leaves(fingerprint) if p[-1:] == (_UNKNOWN,)))


def _serialized(value: Any, what: str) -> Any:
    try:
        if hasattr(value, "get_compile_config"):  # a model: how it is compiled stands beside it
            value = value.get_config()
        return serialize_keras_object(value)
    except Exception:  # a user's get_config may raise anything
        return unknown(what)


def _has_stepped(optimizer: Any) -> bool:
    return optimizer is not None and int(optimizer.iterations) > 0


def _forget_rates(config: Any) -> None:
    """Training has changed them perhaps; a checkpoint puts them back."""
    if isinstance(config, dict):
        for key, value in config.items():
            if key == "learning_rate" and isinstance(value, float):
                config[key] = unknown("a learning rate that training may have changed")
            else:
                _forget_rates(value)
    elif isinstance(config, list):
        for value in config:
            _forget_rates(value)


def _without_names(value: dict[str, Any]) -> Any:
    """With numbers of its own in the names of layers, which else depend on what was made before;
    and without what is known only once a model is built.
    """
    names: dict[str, str] = {}
    counts: dict[str, int] = {}

    def note(part: Any) -> None:
        if isinstance(part, dict):
            name = part.get("name")
            if isinstance(name, str) and name not in names:
                base = re.sub(r"_\d+$", "", name)
                counts[base] = counts.get(base, 0) + 1
                names[name] = base if counts[base] == 1 else f"{base}_{counts[base]}"
        for child in _children(part):
            note(child)

    def renamed(part: Any) -> Any:
        if isinstance(part, dict):
            return {k: renamed(v) for k, v in part.items() if k not in _LEFT_OUT}
        if isinstance(part, (list, tuple)):
            return [renamed(v) for v in part if not _is_input_layer(v)]
        if isinstance(part, str):
            return names.get(part, str(part))
        return part if part is None or isinstance(part, (bool, int, float)) else repr(part)

    note(value)
    return renamed(value)


def _children(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value.values()
    elif isinstance(value, (list, tuple)):
        yield from value


def _is_input_layer(value: Any) -> bool:
    return isinstance(value, dict) and value.get("class_name") == "InputLayer"


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    if isinstance(value, dict) and value:
        for key, child in value.items():
            yield from _leaves(child, (*path, key))
    elif isinstance(value, (list, tuple)) and value:
        for index, child in enumerate(value):
            yield from _leaves(child, (*path, index))
    else:
        yield path, value


def _written(path: tuple[Any, ...]) -> str:
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif part != "config":
            text += f".{part}" if text else str(part)
    return text
