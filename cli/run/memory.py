"""How much memory training would take, and how much there is."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from kerasette import tree

from ..data.parts import Part
from ..output import size
from .training import Setup

_FLOAT = 4  # bytes


@dataclass
class Memory:
    """Bytes that training takes at its peak: those of this program, the data, the weights with what
    the optimizer keeps of them, a step, and the copies of weights that are saved.
    """

    program: int
    data: int
    weights: int
    step: int
    copies: int

    @property
    def total(self) -> int:
        return self.program + self.data + self.weights + self.step + self.copies

    def describe(self) -> str:
        """In a line, with what is free."""
        parts = {
            "program": self.program,
            "data": self.data,
            "weights and optimizer": self.weights,
            "a step": self.step,
            "copies to save": self.copies,
        }
        said = ", ".join(f"{name} {size(count)}" for name, count in parts.items())
        free = free_memory()
        room = f" · {size(free)} are free" if free is not None else ""
        return f"about {size(self.total)} at the peak: {said}{room}"


def forecast(setup: Setup, before: int, peak: int) -> Memory:
    """What training would take, by what this process held ``before`` the first step of it, and at
    its ``peak`` after some.
    """
    data = setup.data
    parts = [part for part in (data.train, data.validation, data.test) if part is not None]
    held = sum(_held(part) for part in parts)
    to_come = sum(_to_come(part) for part in parts)
    weights = _bytes_of(setup.model.weights)
    optimizer = _bytes_of(setup.model.optimizer.variables)
    # The best weights, and those of now while these are saved; a model's file holds the weights and
    # the optimizer's state, and is made in memory: as arrays, as HDF5, as an archive.
    copies = 2 * weights + 3 * (weights + optimizer)
    known = held + weights + optimizer
    program = max(0, before - held - weights)
    step = max(0, peak - program - known)
    return Memory(program, held + to_come, weights + optimizer, step, copies)


def least_for_a_step(setup: Setup) -> int:
    """Bytes that a step takes at the very least: what each layer gives, and its gradient."""
    batch = min(setup.loaded.config.fit.batch_size, len(setup.data.train))
    numbers = 0
    for layer in setup.model.layers:
        for node in getattr(layer, "_inbound_nodes", ())[:1]:
            for tensor in node.output_tensors:
                numbers += int(np.prod([length or 1 for length in tensor.shape[1:]]))
    return 2 * _FLOAT * batch * numbers


def _held(part: Part) -> int:
    arrays = tree.flatten([part.x, part.y])
    return sum(getattr(array, "nbytes", 0) for array in arrays)


def _to_come(part: Part) -> int:
    """What a part will keep that it does not keep yet."""
    return getattr(part.x, "to_come", 0)


def _bytes_of(variables: Any) -> int:
    return sum(int(np.prod(v.shape)) * np.dtype(str(v.dtype)).itemsize for v in variables)


def peak_memory() -> int | None:
    """The most memory that this process has held, in bytes; ``None`` where it cannot be told."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def held_memory() -> int | None:
    """The memory that this process holds now; the most that it has held, where that is unknown."""
    try:
        import resource

        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize()
    except (OSError, ImportError, ValueError):
        return peak_memory()


def free_memory() -> int | None:
    """The memory that is free on this machine, within what this process may use; or ``None``."""
    found = []
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        found += [1024 * int(line.split()[1]) for line in lines if "MemAvailable" in line]
        group = Path("/sys/fs/cgroup")
        limit = (group / "memory.max").read_text(encoding="ascii").strip()
        if limit != "max":
            used = int((group / "memory.current").read_text(encoding="ascii"))
            found.append(max(0, int(limit) - used))
    except (OSError, ValueError):
        pass
    return min(found, default=None)
