"""The exam that every layer sits by existing: a function of ``mytutor.layers`` that takes x."""

import inspect
import math
import re
from typing import NamedTuple

import numpy as np
import pytest
import scipy.signal
import torch
import torch.nn.functional as F  # noqa: N812
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from mytutor import layers, trace
from mytutor.network import gradient_check

FUNCTIONS = trace.functions_of(layers)
LAYERS = {n: f for n, f in FUNCTIONS.items() if next(iter(inspect.signature(f).parameters)) == "x"}


class Example(NamedTuple):
    """Shapes of a layer's arrays, and its settings; a function is called for a fresh setting."""

    shapes: dict
    settings: dict = {}  # noqa: RUF012


def generator():
    return np.random.default_rng(5)


NORM = {"x": (6, 3), "gamma": (3,), "beta": (3,)}
IMAGES = {"x": (4, 6, 3, 2), "gamma": (6,), "beta": (6,)}
STATISTICS = {"mean": np.array([0.3, -1.0, 0.1]), "variance": np.array([0.5, 2.0, 1.0])}
KERNEL = {"x": (2, 3, 6, 5), "w": (4, 3, 3, 2), "b": (4,)}
IMAGE = {"x": (2, 3, 5, 6)}

# A layer that takes only x needs no example.
EXAMPLES = {
    "dense": [Example({"x": (5, 4), "w": (4, 3), "b": (3,)})],
    "conv2d": [
        Example(KERNEL),
        Example(KERNEL, {"stride": 2}),
        Example(KERNEL, {"stride": 3, "padding": 2}),
        Example({"x": (1, 2, 3, 3), "w": (2, 2, 3, 3), "b": (2,)}, {"padding": 1}),
    ],
    "flatten": [Example({"x": (3, 2, 4)}), Example({"x": (3,)})],
    "max_pool2d": [
        Example(IMAGE),
        Example(IMAGE, {"size": 3, "stride": 2}),
        Example(IMAGE, {"size": 2, "stride": 1}),
    ],
    "avg_pool2d": [
        Example(IMAGE),
        Example(IMAGE, {"size": 3, "stride": 2}),
        Example(IMAGE, {"size": 2, "stride": 3}),
    ],
    "leaky_relu": [Example({"x": (5, 4)}), Example({"x": (5, 4)}, {"slope": 0.3})],
    "elu": [Example({"x": (5, 4)}), Example({"x": (5, 4)}, {"alpha": 0.5})],
    "batch_norm": [Example(NORM), Example(IMAGES, {"eps": 1e-3})],
    "batch_norm_inference": [
        Example(NORM, STATISTICS),
        Example({"x": (2, 3, 4, 2), "gamma": (3,), "beta": (3,)}, {**STATISTICS, "eps": 1e-3}),
    ],
    "layer_norm": [
        Example(NORM),
        Example({"x": (3, 2, 4), "gamma": (4,), "beta": (4,)}),
        Example({"x": (3, 2, 4), "gamma": (2, 4), "beta": (2, 4)}, {"eps": 1e-3}),
    ],
    "group_norm": [
        Example(IMAGES, {"groups": 3}),
        Example(IMAGES, {"groups": 1}),
        Example({"x": (4, 6), "gamma": (6,), "beta": (6,)}, {"groups": 2, "eps": 1e-3}),
    ],
    "recurrent": [Example({"x": (5, 3, 2), "w": (2, 4), "u": (4, 4), "b": (4,)})],
    "dropout": [Example({"x": (5, 4)}, {"rng": generator, "rate": 0.3})],
}

# Somebody else's implementation, where there is one.
TORCH = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "leaky_relu": lambda x, slope=0.01: F.leaky_relu(x, slope),
    "elu": F.elu,
    "selu": F.selu,
    "softplus": F.softplus,
    "silu": F.silu,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "softmax": lambda x: F.softmax(x, -1),
    "log_softmax": lambda x: F.log_softmax(x, -1),
    "dense": lambda x, w, b: F.linear(x, w.T, b),
    "conv2d": F.conv2d,
    "flatten": lambda x: torch.flatten(x, 1) if x.ndim > 1 else x[:, None],
    "max_pool2d": lambda x, size=2, stride=None: F.max_pool2d(x, size, stride),
    "avg_pool2d": lambda x, size=2, stride=None: F.avg_pool2d(x, size, stride),
    "batch_norm": lambda x, gamma, beta, eps=1e-5: F.batch_norm(
        x, None, None, gamma, beta, training=True, eps=eps
    ),
    "batch_norm_inference": lambda x, gamma, beta, mean, variance, eps=1e-5: F.batch_norm(
        x, mean, variance, gamma, beta, eps=eps
    ),
    "layer_norm": lambda x, gamma, beta, eps=1e-5: F.layer_norm(x, gamma.shape, gamma, beta, eps),
    "group_norm": lambda x, gamma, beta, groups, eps=1e-5: F.group_norm(
        x, groups, gamma, beta, eps
    ),
    "recurrent": lambda x, w, u, b: torch.rnn_tanh(
        x, x.new_zeros(1, len(x), len(b)), [w.T, u.T, b, 0 * b], True, 1, 0.0, True, False, True
    )[1][0],
}


def examples(name):
    if name in EXAMPLES:
        return EXAMPLES[name]
    taken = inspect.signature(FUNCTIONS[name]).parameters.values()
    if [p.name for p in taken if p.default is p.empty] != ["x"]:
        pytest.fail(f"no example of {name}: add the shapes of its arguments to EXAMPLES")
    return [Example({"x": (5, 4)})]


CASES = [(name, number) for name in LAYERS for number in range(len(EXAMPLES.get(name, " ")))]
every_layer = pytest.mark.parametrize("name", LAYERS)
every_example = pytest.mark.parametrize(
    ("name", "number"), CASES, ids=[f"{name}-{number}" for name, number in CASES]
)
every_dtype = pytest.mark.parametrize(
    "dtype", [np.float32, np.float64, torch.float32, torch.float64], ids=str
)


def arguments(example, dtype=np.float64, device="cpu"):
    """Arrays and settings of an example as arrays or, by their dtype, as tensors."""
    rng = np.random.default_rng(0)
    values = [rng.normal(size=shape) for shape in example.shapes.values()]
    settings = {k: v() if callable(v) else v for k, v in example.settings.items()}

    def make(value):
        if not isinstance(value, np.ndarray):
            return value
        if isinstance(dtype, torch.dtype):
            return torch.tensor(value, dtype=dtype, device=device)
        return value.astype(dtype)

    return [make(value) for value in values], {k: make(v) for k, v in settings.items()}


def backward(name, dy, cache):
    out = FUNCTIONS[f"{name}_backward"](dy, cache)
    return out if isinstance(out, tuple) else (out,)


def upstream(y):
    """A gradient that arrives from above, of y's library and dtype."""
    dy = np.random.default_rng(1).normal(size=tuple(y.shape))
    return y.new_tensor(dy) if isinstance(y, torch.Tensor) else dy.astype(y.dtype)


def test_the_exam_knows_no_layer_that_is_gone():
    assert set(EXAMPLES) <= set(LAYERS)
    assert set(TORCH) <= set(LAYERS)


def test_everything_that_the_folder_exports_exists():
    assert sorted(layers.__all__) == layers.__all__
    for name in layers.__all__:
        assert hasattr(layers, name)


@every_layer
def test_has_its_backward_beside_it_and_settings_by_keyword_only(name):
    layer = LAYERS[name]
    other = FUNCTIONS[f"{name}_backward"]
    assert other.__module__ == layer.__module__
    assert list(inspect.signature(other).parameters) == ["dy", "cache"]
    for parameter in inspect.signature(layer).parameters.values():
        positional = parameter.kind is parameter.POSITIONAL_OR_KEYWORD
        assert positional == (parameter.name in examples(name)[0].shapes)


@pytest.mark.parametrize("name", ["dense", "conv2d"])
def test_gradients_alone_are_those_of_the_backward_function(name):
    for example in examples(name):
        values, settings = arguments(example)
        y, cache = LAYERS[name](*values, **settings)
        alone = getattr(layers, f"{name}_gradients")(upstream(y), cache)
        for found, expected in zip(alone, backward(name, upstream(y), cache)[1:], strict=True):
            np.testing.assert_array_equal(found, expected)


@every_example
def test_backward_passes_the_gradient_check_in_every_argument(name, number):
    example = examples(name)[number]
    values, settings = arguments(example)
    y, cache = LAYERS[name](*values, **settings)
    dy = upstream(y)
    grads = backward(name, dy, cache)
    assert len(grads) == len(values)
    for i, grad in enumerate(grads):

        def scalar(value, i=i):
            _, fresh = arguments(example)
            return float(
                (LAYERS[name](*values[:i], value, *values[i + 1 :], **fresh)[0] * dy).sum()
            )

        assert gradient_check(scalar, grad, values[i]) < 1e-7


@every_example
@pytest.mark.parametrize(
    ("dtype", "tolerance"), [(torch.float64, 1e-12), (torch.float32, 1e-5)], ids=str
)
def test_forward_and_backward_equal_torchs(name, number, dtype, tolerance):
    if name not in TORCH:
        pytest.skip(f"torch has no twin of {name} listed here")
    example = examples(name)[number]
    tensors, settings = arguments(example, dtype)
    tensors = [tensor.requires_grad_() for tensor in tensors]
    theirs = TORCH[name](*tensors, **settings)
    theirs.backward(upstream(theirs))
    values, settings = arguments(example, np.float32 if dtype == torch.float32 else np.float64)
    y, cache = LAYERS[name](*values, **settings)
    close = {"rtol": tolerance, "atol": tolerance, "strict": True}
    np.testing.assert_allclose(y, theirs.detach().numpy(), **close)
    for grad, tensor in zip(backward(name, upstream(y), cache), tensors, strict=True):
        np.testing.assert_allclose(grad, tensor.grad.numpy(), **close)


@every_example
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_on_torch_tensors_equals_numpy(name, number, device):
    if device == "cuda" and not torch.cuda.is_available():
        pytest.skip("no CUDA device here")
    example = examples(name)[number]
    values, settings = arguments(example)
    y, cache = LAYERS[name](*values, **settings)
    grads = backward(name, upstream(y), cache)
    tensors, settings = arguments(example, torch.float64, device)
    tensor_y, tensor_cache = LAYERS[name](*tensors, **settings)
    tensor_grads = backward(name, upstream(tensor_y), tensor_cache)
    for ours, theirs in zip((y, *grads), (tensor_y, *tensor_grads), strict=True):
        assert theirs.device.type == device
        np.testing.assert_allclose(ours, theirs.cpu().numpy(), rtol=1e-12, atol=1e-13, strict=True)


@every_example
def test_backward_equals_autograd_through_the_layer_itself(name, number):
    tensors, settings = arguments(examples(name)[number], torch.float64)
    y, cache = LAYERS[name](*tensors, **settings)
    grads = backward(name, upstream(y), cache)
    tensors, settings = arguments(examples(name)[number], torch.float64)
    tensors = [tensor.requires_grad_() for tensor in tensors]
    y, _ = LAYERS[name](*tensors, **settings)
    y.backward(upstream(y))
    for grad, tensor in zip(grads, tensors, strict=True):
        np.testing.assert_allclose(grad.numpy(), tensor.grad.numpy(), rtol=1e-11, atol=1e-13)


@every_example
@every_dtype
def test_keeps_dtype_and_gives_every_gradient_the_shape_of_its_argument(name, number, dtype):
    values, settings = arguments(examples(name)[number], dtype)
    y, cache = LAYERS[name](*values, **settings)
    assert y.dtype == dtype
    for grad, value in zip(backward(name, upstream(y), cache), values, strict=True):
        assert grad.dtype == dtype
        assert grad.shape == value.shape


@pytest.mark.parametrize("name", [name for name in LAYERS if name not in EXAMPLES])
@given(
    x=hnp.arrays(
        st.sampled_from([np.float32, np.float64]),
        hnp.array_shapes(min_dims=1, max_dims=4, max_side=4),
        elements=st.floats(-50, 50, width=32),
    )
)
def test_a_layer_of_x_alone_takes_every_shape_and_stays_finite(name, x):
    y, cache = LAYERS[name](x)
    (dx,) = backward(name, np.ones_like(y), cache)
    for result in (y, dx):
        assert result.shape == x.shape
        assert result.dtype == x.dtype
        assert np.isfinite(result).all()


@every_example
def test_writes_into_none_of_its_inputs(name, number):
    values, settings = arguments(examples(name)[number])
    kept = [value.copy() for value in values]
    y, cache = LAYERS[name](*values, **settings)
    dy = upstream(y)
    first = backward(name, dy, cache)
    for once, again in zip(first, backward(name, dy, cache), strict=True):
        np.testing.assert_array_equal(once, again)
    np.testing.assert_array_equal(dy, upstream(y))
    for now, before in zip(values, kept, strict=True):
        np.testing.assert_array_equal(now, before)


@every_example
def test_the_order_of_the_batch_does_not_matter(name, number):
    if name == "dropout":
        pytest.skip("every element has noise of its own")
    (x, *params), settings = arguments(examples(name)[number])
    order = np.random.default_rng(2).permutation(len(x))
    y, _ = LAYERS[name](x, *params, **settings)
    permuted, _ = LAYERS[name](x[order], *params, **settings)
    np.testing.assert_allclose(permuted, y[order], rtol=1e-12, atol=1e-13)


@every_example
@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("dtype", [np.float64, torch.float64], ids=str)
def test_nan_is_passed_on(name, number, dtype):
    values, settings = arguments(examples(name)[number], dtype)
    values[0][0] = math.nan
    settings.pop("rate", None)
    y, _ = LAYERS[name](*values, **settings)
    assert (y != y).any()


@every_layer
def test_what_is_no_array_of_floats_is_refused(name):
    (x, *params), settings = arguments(examples(name)[0])
    for wrong, found in [(x.astype(int), "int64"), (x.tolist(), "list"), (x > 0, "bool")]:
        with pytest.raises(TypeError, match=f"x is {found}; expected an array of floating-point"):
            LAYERS[name](wrong, *params, **settings)
    with pytest.raises(ValueError, match=r"x has shape \(0.*; expected at least one element"):
        LAYERS[name](x[:0], *params, **settings)
    for i, other in enumerate(list(examples(name)[0].shapes)[1:]):
        mixed = [p.astype(np.float32) if i == j else p for j, p in enumerate(params)]
        with pytest.raises(
            TypeError, match=f"{other} is float32; expected float64, the dtype of x"
        ):
            LAYERS[name](x, *mixed, **settings)
        wrong = [np.ones((2, 3, 1)) if i == j else p for j, p in enumerate(params)]
        with pytest.raises(ValueError, match=r"have shapes .*\(2, 3, 1\).*; expected \("):
            LAYERS[name](x, *wrong, **settings)


@every_example
def test_a_gradient_of_another_shape_is_refused(name, number):
    values, settings = arguments(examples(name)[number])
    y, cache = LAYERS[name](*values, **settings)
    with pytest.raises(ValueError, match="that of the output"):
        backward(name, upstream(y)[..., :1].repeat(9, -1), cache)
    with pytest.raises(TypeError, match="dy is int64"):
        backward(name, upstream(y).astype(int), cache)


@pytest.mark.parametrize("function", FUNCTIONS.values(), ids=FUNCTIONS)
def test_docstring_begins_with_one_sentence_and_names_its_source(function):
    summary, *rest = inspect.getdoc(function).split("\n\n")
    assert summary.endswith(".")
    assert any(re.search(r"Source: .*\((1[89]|20)\d\d\)", part, re.DOTALL) for part in rest)


# -- what distinguishes one layer from the others --------------------------------------------------


def test_relu_has_gradient_zero_at_zero():
    _, cache = layers.relu(np.array([0.0, -0.0, 1.0]))
    np.testing.assert_array_equal(layers.relu_backward(np.ones(3), cache), [0, 0, 1])


@pytest.mark.parametrize("name", ["sigmoid", "tanh", "softplus", "silu", "elu", "gelu", "softmax"])
def test_nothing_overflows_far_from_zero(name):
    x = np.array([-1e4, -800.0, 0.0, 800.0, 1e4])
    y, cache = LAYERS[name](x)
    expected = TORCH[name](torch.tensor(x)).numpy()
    np.testing.assert_allclose(y, expected, rtol=1e-14, atol=1e-300)
    assert np.isfinite(backward(name, np.ones(5), cache)[0]).all()


def test_softplus_and_sigmoid_are_exact_where_they_are_tiny():
    x = np.array([-40.0, -100.0, -700.0])
    np.testing.assert_allclose(layers.softplus(x)[0], np.exp(x), rtol=1e-15)
    np.testing.assert_allclose(layers.sigmoid(x)[0], np.exp(x), rtol=1e-15)


@given(shift=st.floats(-1e3, 1e3))
def test_softmax_sums_to_one_and_ignores_a_common_shift(shift):
    x = np.random.default_rng(0).normal(size=(3, 5))
    y, _ = layers.softmax(x + shift)
    np.testing.assert_allclose(y.sum(1), 1, rtol=1e-14)
    np.testing.assert_allclose(y, layers.softmax(x)[0], rtol=1e-9)


def test_the_approximate_gelu_is_within_its_bound():
    x = np.linspace(-8, 8, 4001)
    assert 1e-4 < abs(layers.gelu_tanh(x)[0] - layers.gelu(x)[0]).max() < 5e-4


def test_selu_keeps_mean_zero_and_variance_one():
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    weights = weights / weights.sum()
    y, _ = layers.selu(nodes)
    # The kink at 0 limits the quadrature to about 1e-3.
    assert weights @ y == pytest.approx(0, abs=2e-3)
    assert weights @ y**2 == pytest.approx(1, abs=2e-3)


@given(
    height=st.integers(1, 7),
    width=st.integers(1, 7),
    kernel=st.tuples(st.integers(1, 4), st.integers(1, 4)),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
)
def test_convolution_is_scipys_correlation(height, width, kernel, stride, padding):
    rng = np.random.default_rng(0)
    x, w, b = rng.normal(size=(1, 2, height, width)), rng.normal(size=(1, 2, *kernel)), np.ones(1)
    if height + 2 * padding < kernel[0] or width + 2 * padding < kernel[1]:
        with pytest.raises(ValueError, match="expected a window that fits into the image"):
            layers.conv2d(x, w, b, stride=stride, padding=padding)
        return
    padded = np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding)))
    expected = 1 + sum(
        scipy.signal.correlate2d(padded[0, c], w[0, c], mode="valid") for c in range(2)
    )
    y, _ = layers.conv2d(x, w, b, stride=stride, padding=padding)
    np.testing.assert_allclose(y[0, 0], expected[::stride, ::stride], rtol=1e-12, atol=1e-13)


def test_of_equal_maxima_the_first_gets_the_gradient():
    y, cache = layers.max_pool2d(np.ones((1, 1, 2, 2)))
    np.testing.assert_array_equal(
        layers.max_pool2d_backward(np.ones_like(y), cache), [[[[1, 0], [0, 0]]]]
    )


def batches(count, shape, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=shape) * 3 + 1 for _ in range(count)]


def test_batch_norm_makes_mean_zero_and_variance_one():
    (x,) = batches(1, (50, 3, 4, 4))
    y, cache = layers.batch_norm(x, np.ones(3), np.zeros(3), eps=0.0)
    np.testing.assert_allclose(y.mean((0, 2, 3)), 0, atol=1e-14)
    np.testing.assert_allclose(y.var((0, 2, 3)), 1, rtol=1e-12)
    np.testing.assert_allclose(cache.mean, x.mean((0, 2, 3)), rtol=1e-13)
    np.testing.assert_allclose(cache.variance, x.var((0, 2, 3)), rtol=1e-13)


@pytest.mark.parametrize("shape", [(8, 3), (4, 3, 2, 5)])
def test_running_statistics_and_inference_are_torchs_with_the_other_weight(shape):
    kind = torch.nn.BatchNorm1d if len(shape) == 2 else torch.nn.BatchNorm2d
    twin = kind(3, momentum=0.3, dtype=torch.float64)
    gamma, beta = np.array([0.5, 2.0, -1.0]), np.array([1.0, 0.0, 3.0])
    twin.load_state_dict({"weight": torch.tensor(gamma), "bias": torch.tensor(beta)}, strict=False)
    mean, variance = 0.0, 1.0
    for x in batches(20, shape):
        _, cache = layers.batch_norm(x, gamma, beta)
        mean, variance = layers.update_running(mean, variance, cache, momentum=0.7)
        twin(torch.tensor(x))
    np.testing.assert_allclose(mean, twin.running_mean.numpy(), rtol=1e-12)
    np.testing.assert_allclose(variance, twin.running_var.numpy(), rtol=1e-12)
    (x,) = batches(1, shape, seed=9)
    y, _ = layers.batch_norm_inference(x, gamma, beta, mean=mean, variance=variance)
    expected = twin.eval()(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(y, expected, rtol=1e-12, atol=1e-13)


def test_correction_zero_is_the_biased_running_variance_of_keras():
    """Keras 3, BatchNormalization(momentum=0.99): moving = moving * 0.99 + batch * 0.01."""
    x = np.array([[1.0], [3.0]])
    _, cache = layers.batch_norm(x, np.ones(1), np.zeros(1))
    keras = layers.update_running(0.0, 1.0, cache, momentum=0.99, correction=0)
    np.testing.assert_allclose(np.ravel(keras), [0.02, 1.0], rtol=1e-14)
    torchs = layers.update_running(0.0, 1.0, cache, momentum=0.9)
    np.testing.assert_allclose(np.ravel(torchs), [0.2, 1.1], rtol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, torch.float32], ids=str)
def test_running_statistics_keep_dtype(dtype):
    values, _ = arguments(Example(NORM), dtype)
    _, cache = layers.batch_norm(*values)
    running = layers.update_running(0.0, 1.0, cache)
    assert {value.dtype for value in running} == {np.dtype(dtype) if dtype is np.float32 else dtype}


@pytest.mark.parametrize("name", ["dense", "conv2d"])
@pytest.mark.parametrize("dtype", [np.float64, torch.float64], ids=str)
def test_a_folded_layer_is_the_layer_and_its_batch_norm(name, dtype):
    (x, w, b), _ = arguments(EXAMPLES[name][0], dtype)
    out = len(b)
    shapes = dict.fromkeys(("gamma", "beta", "mean", "variance"), (out,))
    (gamma, beta, mean, variance), _ = arguments(Example(shapes), dtype)
    variance = abs(variance)
    y, _ = LAYERS[name](x, w, b)
    expected, _ = layers.batch_norm_inference(y, gamma, beta, mean=mean, variance=variance)
    folded, _ = LAYERS[name](x, *layers.fold_batch_norm(w, b, gamma, beta, mean, variance))
    np.testing.assert_allclose(folded, expected, rtol=1e-12, atol=1e-13)


def test_a_group_for_every_channel_is_instance_norm():
    (x, gamma, beta), _ = arguments(Example(IMAGES))
    y, _ = layers.group_norm(x, gamma, beta, groups=6)
    tensors = [torch.tensor(v) for v in (x, gamma, beta)]
    expected = F.instance_norm(tensors[0], weight=tensors[1], bias=tensors[2])
    np.testing.assert_allclose(y, expected.numpy(), rtol=1e-12, atol=1e-13)


@given(scale=st.floats(0.1, 1e4), shift=st.floats(-100, 100))
def test_normalization_without_epsilon_does_not_see_scale_and_shift(scale, shift):
    (x, gamma, beta), _ = arguments(Example(IMAGES))
    for layer, settings in [(layers.batch_norm, {}), (layers.group_norm, {"groups": 2})]:
        y, _ = layer(x, gamma, beta, eps=0.0, **settings)
        other, _ = layer(x * scale + shift, gamma, beta, eps=0.0, **settings)
        np.testing.assert_allclose(other, y, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.5, 0.9])
def test_dropout_keeps_the_expected_value(rate):
    y, _ = layers.dropout(np.ones(200_000), rng=generator(), rate=rate)
    assert set(np.unique(y)) <= {0.0, 1 / (1 - rate)}
    assert y.mean() == pytest.approx(1, abs=5 * math.sqrt(rate / (1 - rate) / 200_000) + 1e-12)


def test_dropout_draws_anew_from_its_generator_and_repeats_with_its_seed():
    rng, x = generator(), np.ones(100)
    first, _ = layers.dropout(x, rng=rng)
    second, _ = layers.dropout(x, rng=rng)
    assert (first != second).any()
    np.testing.assert_array_equal(first, layers.dropout(x, rng=generator())[0])


CHANNELS = [np.ones(4)] * 2
PIXELS = np.ones((2, 4, 3, 3))
WEIGHTS = np.ones((5, 4, 2, 2)), np.ones(5)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: layers.dense(PIXELS, *WEIGHTS), ValueError, "expected (batch, in), (in, out), (o"),
        (
            lambda: layers.dense(np.ones((5, 4)), np.ones((3, 4)), np.ones(4)),
            ValueError,
            "x, w, b have shapes (5, 4), (3, 4), (4,); expected (batch, in), (in, out), (out,)",
        ),
        (lambda: layers.conv2d(PIXELS, *WEIGHTS, stride=0), ValueError, "stride is 0"),
        (lambda: layers.conv2d(PIXELS, *WEIGHTS, stride=1.5), ValueError, "stride is 1.5"),
        (lambda: layers.conv2d(PIXELS, *WEIGHTS, padding=-1), ValueError, "padding is -1"),
        (
            lambda: layers.conv2d(PIXELS, np.ones((5, 4, 4, 2)), np.ones(5)),
            ValueError,
            "the window is 4 x 2 and the image, padding included, 3 x 3",
        ),
        (lambda: layers.max_pool2d(PIXELS, size=4), ValueError, "the window is 4 x 4"),
        (lambda: layers.max_pool2d(PIXELS, size=0), ValueError, "size is 0"),
        (lambda: layers.avg_pool2d(PIXELS, stride=0), ValueError, "stride is 0"),
        (
            lambda: layers.avg_pool2d(PIXELS[0]),
            ValueError,
            "x has shape (4, 3, 3); expected (batch",
        ),
        (lambda: layers.softmax(np.array(1.0)), ValueError, "x has shape (); expected (..., class"),
        (lambda: layers.flatten(np.array(1.0)), ValueError, "x has shape (); expected (batch, ..."),
        (lambda: layers.leaky_relu(PIXELS, slope=math.nan), ValueError, "slope is nan"),
        (lambda: layers.elu(PIXELS, alpha=math.inf), ValueError, "alpha is inf"),
        (lambda: layers.selu(PIXELS, scale=math.inf), ValueError, "scale is inf"),
        (lambda: layers.batch_norm(np.ones(4), *CHANNELS), ValueError, "expected (batch, channels"),
        (
            lambda: layers.batch_norm(np.ones((1, 4)), *CHANNELS),
            ValueError,
            "x has shape (1, 4), one value a channel; batch norm needs at least 2",
        ),
        (lambda: layers.batch_norm(PIXELS, *CHANNELS, eps=-1e-5), ValueError, "eps is -1e-05"),
        (
            lambda: layers.layer_norm(PIXELS, *CHANNELS),
            ValueError,
            "expected (batch, ..., features",
        ),
        (lambda: layers.layer_norm(np.ones((2, 4)), *CHANNELS, eps=-1), ValueError, "eps is -1"),
        (
            lambda: layers.group_norm(PIXELS, *CHANNELS, groups=3),
            ValueError,
            "groups is 3; expected a divisor of the 4 channels",
        ),
        (lambda: layers.group_norm(PIXELS, *CHANNELS, groups=0), ValueError, "groups is 0"),
        (lambda: layers.dropout(PIXELS, rng=generator(), rate=1.0), ValueError, "rate is 1.0"),
        (lambda: layers.dropout(PIXELS, rng=generator(), rate=-0.1), ValueError, "rate is -0.1"),
        (lambda: layers.dropout(PIXELS, rng=7), TypeError, "rng is 7; expected a generator"),
        (
            lambda: layers.batch_norm_inference(
                PIXELS, *CHANNELS, mean=np.ones(4), variance=-np.ones(4)
            ),
            ValueError,
            "the smallest variance is -1.0; expected at least 0",
        ),
        (
            lambda: layers.fold_batch_norm(*WEIGHTS, *CHANNELS, *CHANNELS),
            ValueError,
            "expected (5,) each, for w of shape (5, 4, 2, 2)",
        ),
        (
            lambda: layers.fold_batch_norm(np.ones(5), *[np.ones(5)] * 5),
            ValueError,
            "w has shape (5,); expected (in, out) or (out, in, kernel height",
        ),
        (
            lambda: layers.update_running(
                0.0, 1.0, layers.batch_norm(PIXELS, *CHANNELS)[1], momentum=1.1
            ),
            ValueError,
            "momentum is 1.1",
        ),
        (
            lambda: layers.update_running(
                0.0, 1.0, layers.batch_norm(PIXELS, *CHANNELS)[1], correction=18
            ),
            ValueError,
            "correction is 18; expected less than 18",
        ),
    ],
)
def test_arguments_that_do_not_fit_are_refused(call, error, words):
    with pytest.raises(error, match=re.escape(words)):
        call()
