"""``SeedGenerator``: a seed and a count of draws, in a variable; and the global one."""

import operator
import random as python_random
from typing import Any

import numpy as np

from kerasette import registry
from kerasette.arrays.device import current_device
from kerasette.core.naming import auto_name, name_scope
from kerasette.core.tensor import constant
from kerasette.core.variable import Variable, eager_scope

__all__ = ["SeedGenerator"]


class SeedGenerator:
    """The state of a random number generator: each draw from it gives new numbers.

    Its variable ``state`` holds the seed and the number of draws so far: uint32 of shape ``(2,)``.
    A compiled function reads and advances it like any other variable.

    Args:
        seed: an integer, of which the lower 32 bits count; a random one where it is ``None``.
        name: its name; made up where none is given.

    >>> generator = kerasette.random.SeedGenerator(seed=42)
    >>> first = kerasette.random.normal((2,), seed=generator)
    >>> second = kerasette.random.normal((2,), seed=generator)
    >>> bool(ops.all(first == second))
    False

    Raises: ValueError for a seed that is no integer.
    """

    registry_kind = "random"

    def __init__(self, seed: int | None = None, name: str | None = None, **kwargs: Any):
        kwargs.pop("backend", None)  # there is only one
        if kwargs:
            raise ValueError(f"SeedGenerator() got unknown arguments: {sorted(kwargs)}.")
        self.name = name if name is not None else auto_name(type(self).__name__)
        self.seed = seed
        words = key_words(make_default_seed() if seed is None else seed)
        with name_scope(self.name, caller=self):
            self.state = Variable(
                words, dtype="uint32", trainable=False, name="seed_generator_state"
            )

    def next(self, ordered: bool = True) -> Any:
        """The state for one draw: uint32 of shape ``(2,)``. The count of draws goes up by one.

        ``ordered`` is Keras's; the order is kept in any case.
        """
        state = self.state.value
        self.state.assign(state + np.array([0, 1], "uint32"))
        return state

    def get_config(self) -> dict[str, Any]:
        """The arguments that make a generator like this one."""
        return {"seed": self.seed, "name": self.name}

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> "SeedGenerator":
        """A generator made of what ``get_config`` gave."""
        return cls(**config)


registry.register("random", SeedGenerator)


def key_words(seed: Any) -> np.ndarray:
    """The two words of state with which the draws from a seed begin."""
    try:
        whole = operator.index(seed)
    except TypeError:
        raise ValueError(
            f"`seed` must be an integer or a SeedGenerator. Received: seed={seed!r} "
            f"(of type {type(seed).__name__})."
        ) from None
    return np.array([whole & 0xFFFFFFFF, 0], "uint32")


def make_default_seed() -> int:
    """A random seed, from Python's own generator, which ``utils.set_random_seed`` seeds."""
    return python_random.randint(1, 10**9)


_global: SeedGenerator | None = None


def global_seed_generator() -> SeedGenerator:
    """The generator of draws without a seed; the same object for the life of the process. It goes
    along to the device that is in use.
    """
    global _global
    if _global is None:
        with eager_scope():
            _global = SeedGenerator(name="global_seed_generator")
    if _global.state.device != current_device():
        with eager_scope():
            _global.state.to_device(current_device())
    return _global


def set_random_seed(seed: int) -> None:
    """Seed all random numbers: Python's, numpy's, and draws without a seed of their own.

    Layers and initializers without a seed draw one from Python's generator when they are made, so
    that a program that begins with this gives the same numbers each time. What compiled functions
    draw begins anew as well.

    Args:
        seed: an integer of at least 0.

    >>> kerasette.utils.set_random_seed(7)
    >>> first = kerasette.random.uniform((2,))
    >>> kerasette.utils.set_random_seed(7)
    >>> bool(ops.all(first == kerasette.random.uniform((2,))))
    True

    Raises: ValueError for a seed that is no integer, or negative.
    """
    if not isinstance(seed, int) or seed < 0:
        raise ValueError(f"`seed` must be an integer of at least 0. Received: seed={seed!r}.")
    generator = global_seed_generator()  # may draw a seed itself, where it has to be made
    python_random.seed(seed)
    np.random.seed(seed & 0xFFFFFFFF)
    generator.state.assign(key_words(make_default_seed()))


def draw_seed(seed: Any) -> Any:
    """The state for one draw, of what the ``seed`` argument may be.

    Raises: ValueError for something that is neither an integer, a SeedGenerator nor ``None``.
    """
    if seed is None:
        return global_seed_generator().next(ordered=False)
    if isinstance(seed, SeedGenerator):
        return seed.next()
    return constant(key_words(seed))
