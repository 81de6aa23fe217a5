"""Random numbers: functions of a seed, and ``SeedGenerator``, which counts draws.

An integer seed gives the same numbers at every call; a ``SeedGenerator`` gives new ones each time;
without a seed, a global generator is used, which ``utils.set_random_seed`` sets.
"""

from kerasette.random.distributions import (
    beta,
    binomial,
    categorical,
    dropout,
    gamma,
    normal,
    randint,
    shuffle,
    truncated_normal,
    uniform,
)
from kerasette.random.seed_generator import SeedGenerator
