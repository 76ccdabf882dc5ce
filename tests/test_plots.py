import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

from mytutor import plots
from mytutor.surfaces import quadratic, rosenbrock
from mytutor.train import History


@pytest.fixture(autouse=True)
def headless():
    with mpl.rc_context({"backend": "agg"}):
        plots.use_style()
        yield
        plt.close("all")


def test_paths_are_drawn_with_their_minimum_and_told_apart_by_line_and_colour():
    _, axes = plots.subplots()
    path = np.array([[0.0, 0.0], [1.0, 1.0]])
    plots.plot_paths(axes, rosenbrock, {"one": path, "two": path + 0.1})
    one, two = (line for line in axes.lines if line.get_label() in ("one", "two"))
    assert one.get_color() != two.get_color()
    assert one.get_linestyle() != two.get_linestyle()
    assert axes.get_xlabel() == "$x$"
    assert [t.get_text() for t in axes.get_legend().get_texts()] == ["one", "two"]


def test_a_path_of_another_shape_is_refused():
    _, axes = plots.subplots()
    with pytest.raises(ValueError, match=r"path 'flat' has shape \(3,\); expected"):
        plots.plot_paths(axes, quadratic(), {"flat": np.zeros(3)})


def test_histories_are_drawn_by_epoch():
    _, axes = plots.subplots(2)
    plots.plot_history(axes, {"adam": History([1.0, 0.5], [1.0, 0.5], [0.7, 0.9])})
    np.testing.assert_array_equal(axes[0].lines[0].get_xdata(), [1, 2])
    assert axes[0].get_yscale() == "log"
    assert axes[1].get_ylabel() == "test accuracy"


def test_curves_have_labelled_axes():
    _, axes = plots.subplots()
    plots.plot_curves(axes, {"a": [1, 2, 3]}, ylabel="loss")
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("step", "loss")
