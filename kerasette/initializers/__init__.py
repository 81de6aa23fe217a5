"""Initializers: the first values of weights.

An initializer is a function of a shape and a dtype that gives a tensor.
"""

from kerasette.initializers.constants import STFT, Constant, Identity, Ones, Zeros
from kerasette.initializers.initializer import (
    Initializer,
    InitializerField,
    deserialize,
    get,
    serialize,
)
from kerasette.initializers.randoms import Orthogonal, RandomNormal, RandomUniform, TruncatedNormal
from kerasette.initializers.scaling import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
)
from kerasette.registry import register

zeros, ones, constant = Zeros, Ones, Constant
identity = IdentityInitializer = Identity
stft = STFTInitializer = STFT
random_normal, random_uniform, truncated_normal = RandomNormal, RandomUniform, TruncatedNormal
orthogonal = OrthogonalInitializer = Orthogonal
variance_scaling = VarianceScaling
glorot_normal, glorot_uniform = GlorotNormal, GlorotUniform
he_normal, he_uniform = HeNormal, HeUniform
lecun_normal, lecun_uniform = LecunNormal, LecunUniform

for _cls, _names in (
    (Initializer, ("initializer",)),
    (Zeros, ("zeros", "zero")),
    (Ones, ("ones", "one")),
    (Constant, ("constant",)),
    (Identity, ("identity", "IdentityInitializer")),
    (STFT, ("stft", "STFTInitializer")),
    (RandomNormal, ("random_normal", "normal")),
    (RandomUniform, ("random_uniform", "uniform")),
    (TruncatedNormal, ("truncated_normal",)),
    (Orthogonal, ("orthogonal", "OrthogonalInitializer")),
    (VarianceScaling, ("variance_scaling",)),
    (GlorotNormal, ("glorot_normal",)),
    (GlorotUniform, ("glorot_uniform",)),
    (HeNormal, ("he_normal",)),
    (HeUniform, ("he_uniform",)),
    (LecunNormal, ("lecun_normal",)),
    (LecunUniform, ("lecun_uniform",)),
):
    register("initializer", _cls, *_names)
