"""The layers."""

from kerasette.layers.attention.attention import AdditiveAttention, Attention
from kerasette.layers.attention.grouped_query_attention import (
    GroupedQueryAttention,
    GroupQueryAttention,
)
from kerasette.layers.attention.multi_head_attention import MultiHeadAttention
from kerasette.layers.convolutional.conv import Conv1D, Conv2D, Conv3D
from kerasette.layers.core.activation import Activation
from kerasette.layers.core.dense import Dense
from kerasette.layers.core.input_layer import Input, InputLayer
from kerasette.layers.core.wrapper import Wrapper
from kerasette.layers.input_spec import InputSpec
from kerasette.layers.layer import Layer
from kerasette.layers.pooling.pool import (
    AveragePooling1D,
    AveragePooling2D,
    AveragePooling3D,
    MaxPooling1D,
    MaxPooling2D,
    MaxPooling3D,
)
from kerasette.layers.regularization.dropout import Dropout
from kerasette.layers.reshaping.flatten import Flatten
from kerasette.layers.rnn.bidirectional import Bidirectional
from kerasette.layers.rnn.conv_lstm import ConvLSTM1D, ConvLSTM2D, ConvLSTM3D
from kerasette.layers.rnn.gru import GRU, GRUCell
from kerasette.layers.rnn.lstm import LSTM, LSTMCell
from kerasette.layers.rnn.rnn import RNN
from kerasette.layers.rnn.simple_rnn import SimpleRNN, SimpleRNNCell
from kerasette.layers.rnn.stacked_rnn_cells import StackedRNNCells
from kerasette.layers.rnn.time_distributed import TimeDistributed

__all__ = [
    "ConvLSTM1D",
    "ConvLSTM2D",
    "ConvLSTM3D",
    "AdditiveAttention",
    "Attention",
    "GroupQueryAttention",
    "GroupedQueryAttention",
    "MultiHeadAttention",
    "Conv1D",
    "Conv2D",
    "Conv3D",
    "AveragePooling1D",
    "AveragePooling2D",
    "AveragePooling3D",
    "MaxPooling1D",
    "MaxPooling2D",
    "MaxPooling3D",
    "Bidirectional",
    "GRU",
    "GRUCell",
    "StackedRNNCells",
    "TimeDistributed",
    "Wrapper",
    "LSTM",
    "RNN",
    "Activation",
    "Dense",
    "Dropout",
    "Flatten",
    "Input",
    "InputLayer",
    "InputSpec",
    "LSTMCell",
    "Layer",
    "SimpleRNN",
    "SimpleRNNCell",
]
