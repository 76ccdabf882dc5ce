"""Layers: forward and backward side by side.

``layer(x, params..., *, settings) -> (y, cache)`` and ``layer_backward(dy, cache) -> dx`` or
``(dx, d...)`` with one gradient for every parameter. A batch is the first axis, channels are the
second. Settings stay keyword-only; ``functools.partial(leaky_relu, slope=0.1)`` is a layer again.
A layer that acts differently in training and in inference is two layers, never one with a switch:
``batch_norm`` and ``batch_norm_inference``, ``dropout`` and no layer at all.

All arguments of a layer are floating-point arrays of one dtype, which the results have too, or it
raises TypeError; an empty array is a ValueError. NaN and infinity are passed on rather than
refused, so that a run that diverges is seen at its end, by the loss and the optimizer.
"""

from mytutor.layers.activations import (
    elu,
    elu_backward,
    gelu,
    gelu_backward,
    gelu_tanh,
    gelu_tanh_backward,
    leaky_relu,
    leaky_relu_backward,
    log_softmax,
    log_softmax_backward,
    relu,
    relu_backward,
    selu,
    selu_backward,
    sigmoid,
    sigmoid_backward,
    silu,
    silu_backward,
    softmax,
    softmax_backward,
    softplus,
    softplus_backward,
    tanh,
    tanh_backward,
)
from mytutor.layers.linear import (
    conv2d,
    conv2d_backward,
    conv2d_gradients,
    dense,
    dense_backward,
    dense_gradients,
    flatten,
    flatten_backward,
)
from mytutor.layers.normalization import (
    BatchNormCache,
    batch_norm,
    batch_norm_backward,
    batch_norm_inference,
    batch_norm_inference_backward,
    fold_batch_norm,
    group_norm,
    group_norm_backward,
    layer_norm,
    layer_norm_backward,
    update_running,
)
from mytutor.layers.pooling import (
    avg_pool2d,
    avg_pool2d_backward,
    max_pool2d,
    max_pool2d_backward,
)
from mytutor.layers.regularization import (
    dropout,
    dropout_backward,
)
from mytutor.layers.sequences import recurrent, recurrent_backward

__all__ = [
    "BatchNormCache",
    "avg_pool2d",
    "avg_pool2d_backward",
    "batch_norm",
    "batch_norm_backward",
    "batch_norm_inference",
    "batch_norm_inference_backward",
    "conv2d",
    "conv2d_backward",
    "conv2d_gradients",
    "dense",
    "dense_backward",
    "dense_gradients",
    "dropout",
    "dropout_backward",
    "elu",
    "elu_backward",
    "flatten",
    "flatten_backward",
    "fold_batch_norm",
    "gelu",
    "gelu_backward",
    "gelu_tanh",
    "gelu_tanh_backward",
    "group_norm",
    "group_norm_backward",
    "layer_norm",
    "layer_norm_backward",
    "leaky_relu",
    "leaky_relu_backward",
    "log_softmax",
    "log_softmax_backward",
    "max_pool2d",
    "max_pool2d_backward",
    "recurrent",
    "recurrent_backward",
    "relu",
    "relu_backward",
    "selu",
    "selu_backward",
    "sigmoid",
    "sigmoid_backward",
    "silu",
    "silu_backward",
    "softmax",
    "softmax_backward",
    "softplus",
    "softplus_backward",
    "tanh",
    "tanh_backward",
    "update_running",
]
