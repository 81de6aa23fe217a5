"""The layers. Each is loaded when it is first used."""

import importlib
from typing import TYPE_CHECKING, Any

from kerasette.saving.serialization import deserialize_keras_object, serialize_keras_object

if TYPE_CHECKING:
    from kerasette.layers.activations.rectifiers import ELU as ELU
    from kerasette.layers.activations.rectifiers import LeakyReLU as LeakyReLU
    from kerasette.layers.activations.rectifiers import PReLU as PReLU
    from kerasette.layers.activations.rectifiers import ReLU as ReLU
    from kerasette.layers.activations.softmax import Softmax as Softmax
    from kerasette.layers.attention.attention import AdditiveAttention as AdditiveAttention
    from kerasette.layers.attention.attention import Attention as Attention
    from kerasette.layers.attention.grouped_query_attention import (
        GroupedQueryAttention as GroupedQueryAttention,
    )
    from kerasette.layers.attention.grouped_query_attention import (
        GroupQueryAttention as GroupQueryAttention,
    )
    from kerasette.layers.attention.multi_head_attention import (
        MultiHeadAttention as MultiHeadAttention,
    )
    from kerasette.layers.convolutional.conv import Conv1D as Conv1D
    from kerasette.layers.convolutional.conv import Conv2D as Conv2D
    from kerasette.layers.convolutional.conv import Conv3D as Conv3D
    from kerasette.layers.convolutional.depthwise import DepthwiseConv1D as DepthwiseConv1D
    from kerasette.layers.convolutional.depthwise import DepthwiseConv2D as DepthwiseConv2D
    from kerasette.layers.convolutional.depthwise import SeparableConv1D as SeparableConv1D
    from kerasette.layers.convolutional.depthwise import SeparableConv2D as SeparableConv2D
    from kerasette.layers.convolutional.transposed import Conv1DTranspose as Conv1DTranspose
    from kerasette.layers.convolutional.transposed import Conv2DTranspose as Conv2DTranspose
    from kerasette.layers.convolutional.transposed import Conv3DTranspose as Conv3DTranspose
    from kerasette.layers.core.activation import Activation as Activation
    from kerasette.layers.core.dense import Dense as Dense
    from kerasette.layers.core.einsum_dense import EinsumDense as EinsumDense
    from kerasette.layers.core.embedding import Embedding as Embedding
    from kerasette.layers.core.identity import Identity as Identity
    from kerasette.layers.core.input_layer import Input as Input
    from kerasette.layers.core.input_layer import InputLayer as InputLayer
    from kerasette.layers.core.lambda_layer import Lambda as Lambda
    from kerasette.layers.core.masking import Masking as Masking
    from kerasette.layers.core.reversible_embedding import (
        ReversibleEmbedding as ReversibleEmbedding,
    )
    from kerasette.layers.core.wrapper import Wrapper as Wrapper
    from kerasette.layers.input_spec import InputSpec as InputSpec
    from kerasette.layers.layer import Layer as Layer
    from kerasette.layers.merging.merge import Add as Add
    from kerasette.layers.merging.merge import Average as Average
    from kerasette.layers.merging.merge import Concatenate as Concatenate
    from kerasette.layers.merging.merge import Dot as Dot
    from kerasette.layers.merging.merge import Maximum as Maximum
    from kerasette.layers.merging.merge import Minimum as Minimum
    from kerasette.layers.merging.merge import Multiply as Multiply
    from kerasette.layers.merging.merge import Subtract as Subtract
    from kerasette.layers.merging.merge import add as add
    from kerasette.layers.merging.merge import average as average
    from kerasette.layers.merging.merge import concatenate as concatenate
    from kerasette.layers.merging.merge import dot as dot
    from kerasette.layers.merging.merge import maximum as maximum
    from kerasette.layers.merging.merge import minimum as minimum
    from kerasette.layers.merging.merge import multiply as multiply
    from kerasette.layers.merging.merge import subtract as subtract
    from kerasette.layers.normalization.batch_normalization import (
        BatchNormalization as BatchNormalization,
    )
    from kerasette.layers.normalization.layer_normalization import (
        GroupNormalization as GroupNormalization,
    )
    from kerasette.layers.normalization.layer_normalization import (
        LayerNormalization as LayerNormalization,
    )
    from kerasette.layers.normalization.layer_normalization import (
        RMSNormalization as RMSNormalization,
    )
    from kerasette.layers.normalization.layer_normalization import (
        UnitNormalization as UnitNormalization,
    )
    from kerasette.layers.normalization.spectral_normalization import (
        SpectralNormalization as SpectralNormalization,
    )
    from kerasette.layers.pooling.global_pool import (
        AdaptiveAveragePooling1D as AdaptiveAveragePooling1D,
    )
    from kerasette.layers.pooling.global_pool import (
        AdaptiveAveragePooling2D as AdaptiveAveragePooling2D,
    )
    from kerasette.layers.pooling.global_pool import (
        AdaptiveAveragePooling3D as AdaptiveAveragePooling3D,
    )
    from kerasette.layers.pooling.global_pool import AdaptiveMaxPooling1D as AdaptiveMaxPooling1D
    from kerasette.layers.pooling.global_pool import AdaptiveMaxPooling2D as AdaptiveMaxPooling2D
    from kerasette.layers.pooling.global_pool import AdaptiveMaxPooling3D as AdaptiveMaxPooling3D
    from kerasette.layers.pooling.global_pool import (
        GlobalAveragePooling1D as GlobalAveragePooling1D,
    )
    from kerasette.layers.pooling.global_pool import (
        GlobalAveragePooling2D as GlobalAveragePooling2D,
    )
    from kerasette.layers.pooling.global_pool import (
        GlobalAveragePooling3D as GlobalAveragePooling3D,
    )
    from kerasette.layers.pooling.global_pool import GlobalMaxPooling1D as GlobalMaxPooling1D
    from kerasette.layers.pooling.global_pool import GlobalMaxPooling2D as GlobalMaxPooling2D
    from kerasette.layers.pooling.global_pool import GlobalMaxPooling3D as GlobalMaxPooling3D
    from kerasette.layers.pooling.pool import AveragePooling1D as AveragePooling1D
    from kerasette.layers.pooling.pool import AveragePooling2D as AveragePooling2D
    from kerasette.layers.pooling.pool import AveragePooling3D as AveragePooling3D
    from kerasette.layers.pooling.pool import MaxPooling1D as MaxPooling1D
    from kerasette.layers.pooling.pool import MaxPooling2D as MaxPooling2D
    from kerasette.layers.pooling.pool import MaxPooling3D as MaxPooling3D
    from kerasette.layers.preprocessing.category_encoding import (
        CategoryEncoding as CategoryEncoding,
    )
    from kerasette.layers.preprocessing.discretization import Discretization as Discretization
    from kerasette.layers.preprocessing.hashing import HashedCrossing as HashedCrossing
    from kerasette.layers.preprocessing.hashing import Hashing as Hashing
    from kerasette.layers.preprocessing.integer_lookup import IntegerLookup as IntegerLookup
    from kerasette.layers.preprocessing.mel_spectrogram import MelSpectrogram as MelSpectrogram
    from kerasette.layers.preprocessing.normalization import Normalization as Normalization
    from kerasette.layers.preprocessing.pipeline import Pipeline as Pipeline
    from kerasette.layers.preprocessing.rescaling import Rescaling as Rescaling
    from kerasette.layers.preprocessing.resizing import CenterCrop as CenterCrop
    from kerasette.layers.preprocessing.resizing import Resizing as Resizing
    from kerasette.layers.preprocessing.stft_spectrogram import STFTSpectrogram as STFTSpectrogram
    from kerasette.layers.preprocessing.string_lookup import StringLookup as StringLookup
    from kerasette.layers.preprocessing.text_vectorization import (
        TextVectorization as TextVectorization,
    )
    from kerasette.layers.regularization.dropout import Dropout as Dropout
    from kerasette.layers.regularization.noise import (
        ActivityRegularization as ActivityRegularization,
    )
    from kerasette.layers.regularization.noise import AlphaDropout as AlphaDropout
    from kerasette.layers.regularization.noise import GaussianDropout as GaussianDropout
    from kerasette.layers.regularization.noise import GaussianNoise as GaussianNoise
    from kerasette.layers.regularization.noise import SpatialDropout1D as SpatialDropout1D
    from kerasette.layers.regularization.noise import SpatialDropout2D as SpatialDropout2D
    from kerasette.layers.regularization.noise import SpatialDropout3D as SpatialDropout3D
    from kerasette.layers.reshaping.borders import Cropping1D as Cropping1D
    from kerasette.layers.reshaping.borders import Cropping2D as Cropping2D
    from kerasette.layers.reshaping.borders import Cropping3D as Cropping3D
    from kerasette.layers.reshaping.borders import UpSampling1D as UpSampling1D
    from kerasette.layers.reshaping.borders import UpSampling2D as UpSampling2D
    from kerasette.layers.reshaping.borders import UpSampling3D as UpSampling3D
    from kerasette.layers.reshaping.borders import ZeroPadding1D as ZeroPadding1D
    from kerasette.layers.reshaping.borders import ZeroPadding2D as ZeroPadding2D
    from kerasette.layers.reshaping.borders import ZeroPadding3D as ZeroPadding3D
    from kerasette.layers.reshaping.flatten import Flatten as Flatten
    from kerasette.layers.reshaping.reshape import Permute as Permute
    from kerasette.layers.reshaping.reshape import RepeatVector as RepeatVector
    from kerasette.layers.reshaping.reshape import Reshape as Reshape
    from kerasette.layers.rnn.bidirectional import Bidirectional as Bidirectional
    from kerasette.layers.rnn.conv_lstm import ConvLSTM1D as ConvLSTM1D
    from kerasette.layers.rnn.conv_lstm import ConvLSTM2D as ConvLSTM2D
    from kerasette.layers.rnn.conv_lstm import ConvLSTM3D as ConvLSTM3D
    from kerasette.layers.rnn.gru import GRU as GRU
    from kerasette.layers.rnn.gru import GRUCell as GRUCell
    from kerasette.layers.rnn.lstm import LSTM as LSTM
    from kerasette.layers.rnn.lstm import LSTMCell as LSTMCell
    from kerasette.layers.rnn.rnn import RNN as RNN
    from kerasette.layers.rnn.simple_rnn import SimpleRNN as SimpleRNN
    from kerasette.layers.rnn.simple_rnn import SimpleRNNCell as SimpleRNNCell
    from kerasette.layers.rnn.stacked_rnn_cells import StackedRNNCells as StackedRNNCells
    from kerasette.layers.rnn.time_distributed import TimeDistributed as TimeDistributed

_HOMES = {  # the module of each family, and what it holds
    "activations.rectifiers": ("ELU", "LeakyReLU", "PReLU", "ReLU"),
    "activations.softmax": ("Softmax",),
    "attention.attention": ("AdditiveAttention", "Attention"),
    "attention.grouped_query_attention": ("GroupQueryAttention", "GroupedQueryAttention"),
    "attention.multi_head_attention": ("MultiHeadAttention",),
    "convolutional.conv": ("Conv1D", "Conv2D", "Conv3D"),
    "convolutional.depthwise": (
        "DepthwiseConv1D",
        "DepthwiseConv2D",
        "SeparableConv1D",
        "SeparableConv2D",
    ),
    "convolutional.transposed": ("Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose"),
    "core.activation": ("Activation",),
    "core.dense": ("Dense",),
    "core.einsum_dense": ("EinsumDense",),
    "core.embedding": ("Embedding",),
    "core.identity": ("Identity",),
    "core.input_layer": ("Input", "InputLayer"),
    "core.lambda_layer": ("Lambda",),
    "core.masking": ("Masking",),
    "core.reversible_embedding": ("ReversibleEmbedding",),
    "core.wrapper": ("Wrapper",),
    "input_spec": ("InputSpec",),
    "layer": ("Layer",),
    "merging.merge": (
        "Add",
        "Average",
        "Concatenate",
        "Dot",
        "Maximum",
        "Minimum",
        "Multiply",
        "Subtract",
        "add",
        "average",
        "concatenate",
        "dot",
        "maximum",
        "minimum",
        "multiply",
        "subtract",
    ),
    "normalization.batch_normalization": ("BatchNormalization",),
    "normalization.layer_normalization": (
        "GroupNormalization",
        "LayerNormalization",
        "RMSNormalization",
        "UnitNormalization",
    ),
    "normalization.spectral_normalization": ("SpectralNormalization",),
    "pooling.global_pool": (
        "AdaptiveAveragePooling1D",
        "AdaptiveAveragePooling2D",
        "AdaptiveAveragePooling3D",
        "AdaptiveMaxPooling1D",
        "AdaptiveMaxPooling2D",
        "AdaptiveMaxPooling3D",
        "GlobalAveragePooling1D",
        "GlobalAveragePooling2D",
        "GlobalAveragePooling3D",
        "GlobalMaxPooling1D",
        "GlobalMaxPooling2D",
        "GlobalMaxPooling3D",
    ),
    "pooling.pool": (
        "AveragePooling1D",
        "AveragePooling2D",
        "AveragePooling3D",
        "MaxPooling1D",
        "MaxPooling2D",
        "MaxPooling3D",
    ),
    "preprocessing.category_encoding": ("CategoryEncoding",),
    "preprocessing.discretization": ("Discretization",),
    "preprocessing.hashing": ("HashedCrossing", "Hashing"),
    "preprocessing.integer_lookup": ("IntegerLookup",),
    "preprocessing.mel_spectrogram": ("MelSpectrogram",),
    "preprocessing.normalization": ("Normalization",),
    "preprocessing.pipeline": ("Pipeline",),
    "preprocessing.rescaling": ("Rescaling",),
    "preprocessing.resizing": ("CenterCrop", "Resizing"),
    "preprocessing.stft_spectrogram": ("STFTSpectrogram",),
    "preprocessing.string_lookup": ("StringLookup",),
    "preprocessing.text_vectorization": ("TextVectorization",),
    "regularization.dropout": ("Dropout",),
    "regularization.noise": (
        "ActivityRegularization",
        "AlphaDropout",
        "GaussianDropout",
        "GaussianNoise",
        "SpatialDropout1D",
        "SpatialDropout2D",
        "SpatialDropout3D",
    ),
    "reshaping.borders": (
        "Cropping1D",
        "Cropping2D",
        "Cropping3D",
        "UpSampling1D",
        "UpSampling2D",
        "UpSampling3D",
        "ZeroPadding1D",
        "ZeroPadding2D",
        "ZeroPadding3D",
    ),
    "reshaping.flatten": ("Flatten",),
    "reshaping.reshape": ("Permute", "RepeatVector", "Reshape"),
    "rnn.bidirectional": ("Bidirectional",),
    "rnn.conv_lstm": ("ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D"),
    "rnn.gru": ("GRU", "GRUCell"),
    "rnn.lstm": ("LSTM", "LSTMCell"),
    "rnn.rnn": ("RNN",),
    "rnn.simple_rnn": ("SimpleRNN", "SimpleRNNCell"),
    "rnn.stacked_rnn_cells": ("StackedRNNCells",),
    "rnn.time_distributed": ("TimeDistributed",),
}
_ALIASES = {
    "AvgPool1D": "AveragePooling1D",
    "AvgPool2D": "AveragePooling2D",
    "AvgPool3D": "AveragePooling3D",
    "Convolution1D": "Conv1D",
    "Convolution1DTranspose": "Conv1DTranspose",
    "Convolution2D": "Conv2D",
    "Convolution2DTranspose": "Conv2DTranspose",
    "Convolution3D": "Conv3D",
    "Convolution3DTranspose": "Conv3DTranspose",
    "GlobalAvgPool1D": "GlobalAveragePooling1D",
    "GlobalAvgPool2D": "GlobalAveragePooling2D",
    "GlobalAvgPool3D": "GlobalAveragePooling3D",
    "GlobalMaxPool1D": "GlobalMaxPooling1D",
    "GlobalMaxPool2D": "GlobalMaxPooling2D",
    "GlobalMaxPool3D": "GlobalMaxPooling3D",
    "MaxPool1D": "MaxPooling1D",
    "MaxPool2D": "MaxPooling2D",
    "MaxPool3D": "MaxPooling3D",
    "SeparableConvolution1D": "SeparableConv1D",
    "SeparableConvolution2D": "SeparableConv2D",
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = sorted([*_HOME_OF, *_ALIASES, "deserialize", "serialize"])


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(_ALIASES.get(name, name))
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{home}")
    value = getattr(module, _ALIASES.get(name, name))
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__


def load(name: str) -> None:
    """Load the layer of that name, where there is one, so that the registry knows it."""
    if _ALIASES.get(name, name) in _HOME_OF:
        __getattr__(name)


def load_all() -> None:
    """Load every layer, so that the registry knows them all."""
    for home in _HOMES:
        importlib.import_module(f"{__name__}.{home}")


def serialize(layer: Any) -> dict[str, Any]:
    """A layer as a plain config."""
    return serialize_keras_object(layer)


def deserialize(config: dict[str, Any], custom_objects: Any = None) -> Any:
    """The layer of a config.

    Raises: ValueError for a class that is not known.
    """
    return deserialize_keras_object(config, custom_objects=custom_objects)
