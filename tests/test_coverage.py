"""Every topic of the three documents that the book mirrors has its place in it."""

import re
from pathlib import Path

import nbformat
import pytest

import mytutor
from mytutor import exercises, explore

BOOK = Path(__file__).parents[1] / "book"
PAGE = (BOOK / "coverage.md").read_text(encoding="utf-8")
WRITTEN = """
loss-and-gradient loss-landscapes learning-rate batch-gradient-descent stochastic-gradient-descent
minibatches moving-averages momentum nesterov adagrad rmsprop adadelta adam vanishing-exploding
symmetry-and-scale xavier-and-he feature-scaling batch-normalization
""".split()
# By document, in its order.
TOPICS = {
    "Gentle introduction to optimization of neural networks": [
        "model, loss and parameters",
        "loss as the measure of a wrong answer",
        "gradient of the loss with respect to the parameters",
        "optimization as the reduction of a loss",
        "gradient descent on the whole training set",
        "stochastic gradient descent on batches",
        "usual batch sizes",
        "learning rate as the length of a step",
        "new weight set to the derivative",
        "saddle points and local minima as zero gradients",
        "momentum with rho",
        "AdaGrad",
        "RMSProp",
        "Adam",
        "Adam as a first choice, with its defaults",
    ],
    "Optimization": [
        "learning rate: how fast weights change",
        "a rate too low, a rate too high",
        "start high, then lower the rate",
        "the best rate and the steepest drop of the loss",
        "local minima that are good enough",
        "flat and sharp minima",
        "saddle points and the plateaus around them",
        "cyclical learning rates",
        "decay against rates per parameter",
        "gradient descent and its update",
        "the slope points to the nearest minimum",
        "elliptical domains",
        "a loss that isn't continuous",
        "the start decides where descent ends",
        "batch gradient descent",
        "fewer updates, more stable gradient",
        "parallel sums of gradients",
        "all the data in memory",
        "do we need all the data for one step?",
        "premature convergence",
        "minibatch gradient descent",
        "shuffling, and covariate shift between batches",
        "more frequent updates",
        "matrix operations",
        "the three loops",
        "variance of the steps",
        "batch size as a hyperparameter",
        "large batches and generalization",
        "batches of 32 or smaller",
        "very small batches",
        "batch size and memory",
        "linear scaling of rate and batch size",
        "adaptive methods and overfitting",
        "which optimizer to use",
        "momentum as an average of noisy gradients",
        "the ball rolling downhill",
        "exponentially weighted averages",
        "bias correction of an average",
        "usual values of beta",
        "momentum and flat minima",
        "RMSProp damps oscillations",
        "RMSProp averages squares",
        "RMSProp on non-stationary problems",
        "Adam: momentum, RMSProp and bias correction",
        "Adam's update without the extra gradient",
        "defaults of Adam",
        "Adadelta",
        "SGDR: warm restarts",
    ],
    "Neural network optimization": [
        "convex and non-convex optimization",
        "a reasonable learning rate",
        "getting out of local optima",
        "a loss surface that changes with the data",
        "most local minima have a low loss",
        "saddle points in high dimensions",
        "Rosenbrock's function of two variables",
        "Rosenbrock's function of three variables",
        "poor conditioning",
        "Hessian and its eigenvalues at a stationary point",
        "memory of a Hessian; truncated Newton and BFGS",
        "oscillations in spite of strong gradients",
        "a network of n layers as a product",
        "exploding gradients and cliffs",
        "gradient clipping",
        "vanishing gradients and finite precision",
        "momentum dampens oscillations",
        "momentum and learning rate together",
        "velocity as a decaying sum",
        "no advantage in the first steps",
        "Nesterov momentum",
        "a rate per parameter",
        "AdaGrad and sparse or gentle directions",
        "AdaGrad stalls",
        "RMSProp instead of AdaGrad",
        "Adam and Nadam",
        "initialization with zeros",
        "initialization with one constant",
        "random weights and a random state",
        "weights too large, weights too small",
        "Xavier initialization",
        "He initialization",
        "initialization of biases",
        "pre-initialization and transfer",
        "feature scaling and the speed of descent",
        "min-max normalization",
        "logarithm of a skewed feature",
        "mean normalization",
        "standardization",
        "whitening",
        "internal covariate shift",
        "the batch normalization transform, gamma and beta",
        "backpropagation through the normalization",
        "running averages at test time",
        "batch normalization as regularization",
        "higher rates, saturating units, dependence on the start",
        "snapshot ensembles",
    ],
}
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.splitlines()
    if line.startswith("|") and not set(line) <= set("|-: ")
]
ROWS = [row for row in ROWS if row[0] != "Topic"]
PLACED = [row for row in ROWS if not row[1].startswith("planned")]


def slug(heading):
    """The anchor that the book gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def chapter(path):
    return nbformat.read(BOOK / path, as_version=4)


@pytest.mark.parametrize("document", TOPICS)
def test_every_topic_of_a_document_is_listed_in_its_order(document):
    part = PAGE.split(f"## {document}\n")[1].split("\n## ")[0]
    listed = re.findall(r"^\| ([^|]+?) +\|", part, re.MULTILINE)
    assert [topic for topic in listed if topic != "Topic"] == TOPICS[document]


@pytest.mark.parametrize("row", PLACED, ids=lambda row: row[0])
def test_a_topic_has_its_section_function_exercise_and_explorable(row):
    _, section, functions, questions, movable = row
    (title, path, anchor), *_ = re.findall(r"\[([^\]]+)\]\(([^)#]+)#([^)]+)\)", section)
    cells = chapter(path).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    assert slug(title) == anchor
    assert anchor in map(slug, headings), f"{path} has no section {title!r}"
    for name in re.findall(r"`([^`]+)`", functions):
        found = mytutor
        for part in name.split("."):
            found = (
                getattr(found, part, None)
                or __import__(f"mytutor.{name.rpartition('.')[0]}", fromlist=["_"]).__dict__[part]
            )
        assert callable(found), name
    asked = re.findall(r"`([^`]+)`", questions)
    assert asked
    assert set(asked) <= set(exercises.questions())
    shown = re.findall(r"`([^`]+)`", movable)
    assert shown
    code = "\n".join(cell.source for cell in cells if cell.cell_type == "code")
    for name in shown:
        assert callable(getattr(explore, name)), name
        assert f"explore.{name}(" in code, f"{path} doesn't show {name}"


def test_every_written_chapter_covers_something():
    pages = {path.split("/")[-1].removesuffix(".ipynb") for path in
             re.findall(r"\]\(([^)#]+)#", PAGE)}  # fmt: skip
    assert set(WRITTEN) <= pages


def test_only_chapters_still_to_be_written_are_planned():
    planned = {row[1].removeprefix("planned: ") for row in ROWS if row not in PLACED}
    assert not planned & {name.replace("-", " ") for name in WRITTEN}
