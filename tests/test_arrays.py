import numpy as np
import pytest
import scipy.special
import sympy
import torch

from mytutor import arrays

VALUES = np.array([-2.5, -0.0, 0.0, 0.3, 4.0])
ELEMENTWISE = ["sqrt", "sign", "exp", "log", "tanh", "sin", "cos"]


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_one_argument_functions_agree_on_all_libraries(name):
    function = getattr(arrays, name)
    values = abs(VALUES[3:])
    expected = getattr(np, name)(values)
    np.testing.assert_array_equal(function(values), expected)
    tensor = function(torch.tensor(values))
    assert isinstance(tensor, torch.Tensor)
    np.testing.assert_allclose(tensor.numpy(), expected, rtol=1e-15)
    symbols = function(np.array([sympy.Float(v, 30) for v in values], dtype=object))
    np.testing.assert_allclose(symbols.astype(float), expected, rtol=1e-15)
    x = sympy.Symbol("x")
    assert function(x).has(x)


def test_choosing_functions_agree_on_all_libraries():
    calls = [
        (lambda x: arrays.maximum(x, 0.1), np.maximum(VALUES, 0.1)),
        (lambda x: arrays.maximum(0.1, x), np.maximum(VALUES, 0.1)),
        (lambda x: arrays.clip(x, -1, 1), np.clip(VALUES, -1, 1)),
        (lambda x: arrays.where(x > 0, x, -1.0), np.where(VALUES > 0, VALUES, -1.0)),
    ]
    for function, expected in calls:
        np.testing.assert_array_equal(function(VALUES), expected)
        np.testing.assert_array_equal(function(torch.tensor(VALUES)).numpy(), expected)
        x = sympy.Symbol("x")
        for value, right in zip(VALUES, expected, strict=True):
            assert float(function(x).subs(x, value)) == right


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_numbers_beside_a_tensor_take_its_dtype(dtype):
    x = torch.ones(3, dtype=dtype)
    assert arrays.maximum(x, 0.5).dtype == dtype
    assert arrays.clip(x, 0, 0.5).dtype == dtype
    assert arrays.stack([x, x]).dtype == dtype


@pytest.mark.parametrize("x", [-2.5, -1.0, -0.0, 0.0, 0.3, 4.0, float("nan"), float("inf")])
def test_plain_numbers_stay_plain_and_give_what_numpy_gives(x):
    with np.errstate(invalid="ignore"):
        calls = [
            (arrays.sqrt(x), np.sqrt(x)),
            (arrays.sign(x), np.sign(x)),
            (arrays.maximum(x, 0.5), np.maximum(x, 0.5)),
            (arrays.maximum(0.5, x), np.maximum(0.5, x)),
            (arrays.clip(x, -1.0, 1.0), np.clip(x, -1.0, 1.0)),
            (arrays.where(x > 0, x, -1.0), np.where(x > 0, x, -1.0)),
        ]
    for ours, theirs in calls:
        assert type(ours) is float
        np.testing.assert_array_equal(ours, theirs)


def test_subclasses_are_of_their_library():
    parameter = torch.nn.Parameter(torch.ones(2))
    assert arrays.namespace(1.0, np.ones(2), parameter) == "torch"
    assert arrays.namespace(1.0, np.float32(2)) == "numpy"
    assert arrays.namespace(np.ones(2), sympy.Symbol("x")) == "sympy"


def test_stack_broadcasts_numbers():
    np.testing.assert_array_equal(arrays.stack([np.ones(2), 0.0]), [[1, 1], [0, 0]])
    tensor = arrays.stack([torch.ones(2), 0.0])
    np.testing.assert_array_equal(tensor.numpy(), [[1, 1], [0, 0]])


def test_questions_about_arrays_have_one_answer_on_both_libraries():
    for make in (np.array, torch.tensor):
        floats, integers = make([1.0, 2.0]), make([1, 2])
        assert arrays.is_floating(floats)
        assert not arrays.is_floating(integers)
        assert arrays.is_integer(integers)
        assert not arrays.is_integer(floats)
        assert arrays.is_finite(floats)
        assert not arrays.is_finite(floats / make([0.0, 1.0])) if make is torch.tensor else True
        np.testing.assert_array_equal(arrays.to_numpy(arrays.fill_like(floats, 3)), [3, 3])
        np.testing.assert_array_equal(arrays.to_numpy(arrays.amax(make([[1, 5]]), 1)), [[5]])
    assert not arrays.is_floating([1.0])
    assert not arrays.is_finite(np.array([np.nan]))


def test_arrays_are_joined_and_numbers_made_like_others():
    for make in (np.array, torch.tensor):
        joined = arrays.concatenate([make([1.0, 2.0]), make([3.0])])
        assert type(joined) is type(make([1.0]))
        np.testing.assert_array_equal(arrays.to_numpy(joined), [1, 2, 3])
        made = arrays.like(joined, np.array([[0.5, 1.5]]))
        assert made.dtype == joined.dtype
        assert type(made) is type(joined)
        np.testing.assert_array_equal(arrays.to_numpy(made), [[0.5, 1.5]])
        np.testing.assert_array_equal(arrays.to_numpy(arrays.like(make([1]), [0.5])), [0.5])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_delicate_functions_are_exact_on_both_libraries(dtype):
    x = np.array([-800.0, -40.0, -1e-10, 0.0, 1e-10, 3.0, 80.0], dtype)
    small = x[1:6]
    calls = [
        (arrays.expm1, x, np.expm1),
        (arrays.log1p, abs(x), np.log1p),
        (arrays.erf, x, scipy.special.erf),
        (arrays.sigmoid, x, scipy.special.expit),
        (arrays.log_softmax, small[None], lambda x: scipy.special.log_softmax(x, axis=-1)),
    ]
    tolerance = 4 * np.finfo(dtype).eps
    for function, values, twin in calls:
        ours, tensor = function(values), function(torch.tensor(values))
        np.testing.assert_allclose(ours, twin(values), rtol=tolerance, strict=True)
        np.testing.assert_allclose(tensor.numpy(), ours, rtol=4 * tolerance, strict=True)


def test_full_is_of_the_kind_of_its_model():
    for like in (np.ones(1, np.float32), torch.ones(1, dtype=torch.float16)):
        made = arrays.full(like, (2, 3), 0.5)
        assert type(made) is type(like)
        assert made.dtype == like.dtype
        np.testing.assert_array_equal(made, np.full((2, 3), 0.5))
