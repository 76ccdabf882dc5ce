import gzip
import hashlib
import inspect
import io
import pickle
import re
import sys
import tarfile

import numpy as np
import pytest
import sklearn.datasets
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from mytutor import datasets
from mytutor.datasets import (
    cifar10,
    covariate_shift,
    digits,
    fashion_mnist,
    ill_conditioned,
    minibatches,
    mnist,
    mnist1d,
    sparse_counts,
    spirals,
    split,
    two_moons,
)

BUNDLED = {"digits": 64, "iris": 4, "wine": 13, "breast_cancer": 30, "diabetes": 10}
BALANCED = {"mnist1d": 10, "two_moons": 2, "spirals": 3, "sparse_counts": 2}
GENERATED = {*BALANCED, "ill_conditioned", "covariate_shift"}
REGRESSIONS = {"diabetes", "ill_conditioned", "covariate_shift"}
FILES = {"mnist", "fashion_mnist", "cifar10"}
OFFLINE = sorted({*BUNDLED, *GENERATED})

every_set = pytest.mark.parametrize("name", OFFLINE)


def whole(data):
    return np.concatenate([data.x_train, data.x_test]), np.concatenate([data.y_train, data.y_test])


# -- the exam of every set that needs no files ----------------------------------------------------


def test_every_function_of_the_room_is_examined_here():
    names = {name for name in datasets.__all__ if inspect.isfunction(getattr(datasets, name))}
    others = {"split", "minibatches", "nth_batch", "pooled_mean"}
    assert names == {*OFFLINE, *FILES, *others}


@every_set
def test_x_is_rows_by_features_and_y_one_label_or_number_a_row(name):
    data = getattr(datasets, name)()
    for x, y in ((data.x_train, data.y_train), (data.x_test, data.y_test)):
        assert x.ndim == 2
        assert np.isfinite(x).all()
        assert x.dtype == np.float64
        if name in REGRESSIONS:
            assert y.shape == (len(x), 1)
            assert y.dtype == np.float64
        else:
            assert y.shape == (len(x),)
            assert np.issubdtype(y.dtype, np.integer)
    if name not in REGRESSIONS:
        np.testing.assert_array_equal(np.unique(data.y_train), np.arange(data.y_train.max() + 1))
        assert set(data.y_test) <= set(data.y_train)
    assert data.x_train.shape[1] == data.x_test.shape[1]
    assert len(data.x_test) == round(0.2 * (len(data.x_train) + len(data.x_test)))


@every_set
def test_the_seed_decides_to_the_last_bit_and_the_global_generator_is_left_alone(name):
    make = getattr(datasets, name)
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    first, same, other = make(seed=3), make(seed=3), make(seed=4)
    for a, b in zip(first, same, strict=True):
        np.testing.assert_array_equal(a, b)
    assert (first.x_train != other.x_train).any()
    np.testing.assert_array_equal(np.random.get_state()[1], before)


@every_set
def test_the_dtype_is_a_choice_among_floating_point_types(name):
    make = getattr(datasets, name)
    single, double = make(dtype=np.float32), make()
    assert single.x_train.dtype == single.x_test.dtype == np.float32
    np.testing.assert_allclose(single.x_train, double.x_train, rtol=1e-6, atol=1e-6)
    with pytest.raises(TypeError, match="dtype is int64; expected a floating-point type"):
        make(dtype=np.int64)


@every_set
@pytest.mark.parametrize("test", [0, 1, -0.2, 1.5, float("nan")])
def test_a_split_that_leaves_nothing_is_refused(name, test):
    with pytest.raises(ValueError, match=f"test is {test}; expected the fraction of rows held out"):
        getattr(datasets, name)(test=test)


@pytest.mark.parametrize("name", [*OFFLINE, *sorted(FILES)])
def test_docstring_begins_with_one_sentence_and_names_its_source_and_shapes(name):
    text = inspect.getdoc(getattr(datasets, name))
    assert text.split("\n\n")[0].endswith(".")
    assert re.search(r"Source: .*\((1[89]|20)\d\d\)", text, re.DOTALL)
    assert re.search(r"x is \(rows, [\w]+\)", text)


# -- bundled --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_sets_are_all_of_scikit_learns_once(name):
    x, y = whole(getattr(datasets, name)())
    options = {"scaled": False} if name == "diabetes" else {}
    theirs, labels = getattr(sklearn.datasets, f"load_{name}")(return_X_y=True, **options)
    theirs = theirs / 16 if name == "digits" else theirs
    assert x.shape == (len(labels), BUNDLED[name])
    assert sorted(map(tuple, np.c_[x, y])) == sorted(map(tuple, np.c_[theirs, labels]))


@pytest.mark.parametrize(
    ("name", "low", "high", "counts"),
    [
        ("digits", 0, 1, [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]),
        ("iris", 0.1, 7.9, [50, 50, 50]),
        ("wine", 0.13, 1680, [59, 71, 48]),
        ("breast_cancer", 0, 4254, [212, 357]),
        ("diabetes", 1, 301, None),
    ],
)
def test_bundled_sets_have_the_ranges_and_classes_of_their_docstrings(name, low, high, counts):
    x, y = whole(getattr(datasets, name)())
    assert (x.min(), x.max()) == (low, high)
    if counts:
        assert list(np.bincount(y)) == counts
    else:
        assert (y.min(), y.max()) == (25, 346)


def test_without_scikit_learn_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match="breast cancer comes with scikit-learn: pip install"):
        datasets.breast_cancer()


# -- generated ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "classes"), BALANCED.items())
@pytest.mark.parametrize("rows", [200, 213])
def test_classes_are_balanced_on_both_sides_of_the_split(name, classes, rows):
    data = getattr(datasets, name)(rows=rows)
    assert len(data.y_train) + len(data.y_test) == rows
    for y in (data.y_train, data.y_test):
        counts = np.bincount(y, minlength=classes)
        assert len(counts) == classes
        assert counts.max() - counts.min() <= 1
        assert (np.diff(y) != 0).sum() > len(y) / 4, "the rows are in the order of their classes"


@pytest.mark.parametrize("name", sorted(GENERATED))
@pytest.mark.parametrize("rows", [0, -5, 2.5, True])
def test_an_impossible_number_of_rows_is_refused(name, rows):
    with pytest.raises(ValueError, match=f"rows is {rows}; expected a whole number"):
        getattr(datasets, name)(rows=rows)


@pytest.mark.parametrize(("name", "classes"), BALANCED.items())
def test_too_few_rows_for_every_class_are_refused(name, classes):
    with pytest.raises(ValueError, match=f"expected at least {classes} of both"):
        getattr(datasets, name)(rows=5 * classes - 3)


def distance_to(points, cloud):
    return np.sqrt(((points[:, None] - cloud) ** 2).sum(2)).min(1)


def test_two_moons_lie_on_those_of_scikit_learn():
    x, y = whole(two_moons(rows=400, noise=0.0))
    theirs, labels = sklearn.datasets.make_moons(4000, noise=None)
    for label in (0, 1):
        assert distance_to(x[y == label], theirs[labels == label]).max() < 2e-3
    noisy, y = whole(two_moons(rows=4000, noise=0.05))
    offset = distance_to(noisy[y == 0], theirs[labels == 0])
    assert np.sqrt((offset**2).mean()) == pytest.approx(0.05, rel=0.1)


@pytest.mark.parametrize("make", [two_moons, spirals])
def test_neighbours_tell_the_classes_apart_and_a_line_does_not(make):
    data = make()
    line = LogisticRegression().fit(data.x_train, data.y_train)
    near = KNeighborsClassifier(5).fit(data.x_train, data.y_train)
    assert line.score(data.x_test, data.y_test) < 0.92
    assert near.score(data.x_test, data.y_test) > 0.97


def test_the_arms_of_a_spiral_are_one_arm_turned():
    x, y = whole(spirals(rows=3000, classes=3, noise=0.0))
    radius = np.linalg.norm(x, axis=1)
    assert radius.max() <= 1
    assert (radius < 0.5).mean() == pytest.approx(0.25, abs=0.03), "rows thin out along the arm"
    turn = 2 * np.pi / 3
    rotation = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    assert distance_to(x[y == 0] @ rotation, x[y == 1]).max() < 0.05


@given(
    condition=st.floats(1, 1e8),
    features=st.integers(2, 12),
    rows=st.integers(30, 90),
    seed=st.integers(0, 99),
)
def test_ill_conditioned_rows_have_the_condition_number_they_are_asked_for(
    condition, features, rows, seed
):
    data = ill_conditioned(rows=rows, features=features, condition=condition, seed=seed)
    curvature = np.linalg.eigvalsh(data.x_train.T @ data.x_train / len(data.x_train))
    assert curvature[-1] == pytest.approx(1, rel=1e-9)
    assert curvature[-1] / curvature[0] == pytest.approx(condition, rel=1e-5)


def test_the_true_weights_of_the_regression_are_ones():
    data = ill_conditioned(rows=5000, features=4, condition=10, noise=0.1)
    weights, *_ = np.linalg.lstsq(data.x_train, data.y_train, rcond=None)
    np.testing.assert_allclose(weights, 1, atol=0.02)
    residual = data.y_test - data.x_test @ np.ones((4, 1))
    assert residual.std() == pytest.approx(0.1, rel=0.1)
    # Rows to test on come from the same distribution.
    spread = [np.linalg.eigvalsh(x.T @ x / len(x)) for x in (data.x_train, data.x_test)]
    np.testing.assert_allclose(*spread, rtol=0.2)


def test_word_counts_follow_zipf_and_add_up():
    x, _ = whole(sparse_counts(rows=4000, words=300, length=40, tilt=0.0))
    np.testing.assert_array_equal(x.sum(1), 40)
    np.testing.assert_array_equal(x, np.round(x))
    frequency = x.sum(0)[:50]
    slope = np.polyfit(np.log(np.arange(1, 51)), np.log(frequency), 1)[0]
    assert slope == pytest.approx(-1, abs=0.03)


def test_word_counts_are_sparse_and_rare_words_tell_the_class():
    data = sparse_counts()
    assert (data.x_train == 0).mean() > 0.9
    rare = slice(50, None)
    model = LogisticRegression(max_iter=300).fit(data.x_train[:, rare], data.y_train)
    assert model.score(data.x_test[:, rare], data.y_test) > 0.7
    blind = sparse_counts(tilt=0.0)
    model = LogisticRegression(max_iter=300).fit(blind.x_train, blind.y_train)
    assert abs(model.score(blind.x_test, blind.y_test) - 0.5) < 0.12


def test_under_covariate_shift_the_inputs_move_and_the_relation_stays():
    data = covariate_shift(rows=20_000)
    for x, y, mean, deviation in (
        (data.x_train, data.y_train, 1, 0.5),
        (data.x_test, data.y_test, 2, 0.25),
    ):
        assert x.mean() == pytest.approx(mean, abs=0.02)
        assert x.std() == pytest.approx(deviation, rel=0.03)
        assert (y - np.sinc(x)).mean() == pytest.approx(0, abs=0.015)
        assert (y - np.sinc(x)).std() == pytest.approx(0.25, rel=0.03)
    # A line learnt on one side fails on the other, though it is the best line where it was learnt.
    slope, offset = np.polyfit(data.x_train[:, 0], data.y_train[:, 0], 1)
    errors = [
        float(((y - slope * x - offset) ** 2).mean())
        for x, y in ((data.x_train, data.y_train), (data.x_test, data.y_test))
    ]
    assert errors[1] > 2 * errors[0]


def test_mnist1d_has_lines_of_forty_standardized_points():
    data = mnist1d()
    assert data.x_train.shape == (4000, 40)
    assert data.x_train.mean() == pytest.approx(0, abs=1e-12)
    assert data.x_train.std() == pytest.approx(1)
    assert data.x_test.std() == pytest.approx(1, abs=0.05)


def test_a_line_can_hardly_read_mnist1d():
    """Greydanus & Kobak (2020), Table 1: logistic regression 32 %, a convolution 94 %."""
    data = mnist1d()
    model = LogisticRegression(max_iter=300).fit(data.x_train, data.y_train)
    assert 0.22 < model.score(data.x_test, data.y_test) < 0.42


@pytest.mark.parametrize(
    ("make", "wrong", "words"),
    [
        (two_moons, {"noise": -0.1}, "noise is -0.1; expected a finite number of at least 0"),
        (spirals, {"noise": np.nan}, "noise is nan"),
        (spirals, {"classes": 1}, "classes is 1; expected a whole number of at least 2"),
        (spirals, {"turns": -1.0}, "turns is -1.0"),
        (ill_conditioned, {"condition": 0.5}, "condition is 0.5; expected a finite number of at"),
        (ill_conditioned, {"condition": np.inf}, "condition is inf"),
        (ill_conditioned, {"features": 1}, "features is 1"),
        (ill_conditioned, {"rows": 10}, "rows is 10, of which 8 to learn from; expected at least"),
        (sparse_counts, {"tilt": 1.5}, "tilt is 1.5; expected a number between 0 and 1"),
        (sparse_counts, {"words": 1}, "words is 1"),
        (sparse_counts, {"length": 0}, "length is 0"),
        (sparse_counts, {"exponent": -1}, "exponent is -1"),
        (covariate_shift, {"shift": np.inf}, "shift is inf; expected a finite number"),
    ],
)
def test_impossible_settings_are_refused(make, wrong, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        make(**wrong)


# -- splitting ------------------------------------------------------------------------------------


@given(rows=st.integers(2, 60), test=st.floats(0.05, 0.95), seed=st.integers(0, 99))
def test_a_split_has_every_row_once_with_its_label(rows, test, seed):
    x = np.arange(rows, dtype=float)[:, None]
    if not 0 < round(test * rows) < rows:
        with pytest.raises(ValueError, match="expected at least one row to learn from"):
            split(x, x[:, 0], seed=seed, test=test)
        return
    data = split(x, x[:, 0], seed=seed, test=test)
    assert len(data.x_test) == round(test * rows)
    both, labels = whole(data)
    np.testing.assert_array_equal(both[:, 0], labels)
    np.testing.assert_array_equal(np.sort(labels), x[:, 0])


def test_rows_without_their_labels_are_not_split():
    with pytest.raises(ValueError, match="x has 5 rows and y 4; expected as many"):
        split(np.ones((5, 2)), np.ones(4))


@given(rows=st.integers(1, 50), size=st.integers(1, 60), seed=st.integers(0, 99))
def test_an_epoch_has_every_row_once_with_its_label(rows, size, seed):
    x = np.arange(rows, dtype=float)[:, None]
    batches = list(minibatches(np.random.default_rng(seed), x, np.arange(rows), size))
    assert [len(b) for b, _ in batches[:-1]] == [size] * (len(batches) - 1)
    assert 1 <= len(batches[-1][0]) <= size
    seen = np.concatenate([b[:, 0] for b, _ in batches])
    np.testing.assert_array_equal(np.sort(seen), np.arange(rows))
    np.testing.assert_array_equal(seen, np.concatenate([y for _, y in batches]))


@pytest.mark.parametrize(
    ("x", "y", "size", "words"),
    [
        (np.ones((0, 3)), np.ones(0), 4, "the data set is empty"),
        (np.ones((5, 3)), np.ones(4), 4, "x has 5 rows and y 4"),
        (np.ones((5, 3)), np.ones(5), 0, "batch_size is 0; expected a whole number of at least 1"),
        (np.ones((5, 3)), np.ones(5), -2, "batch_size is -2"),
    ],
)
def test_what_gives_no_batches_is_refused_at_once(x, y, size, words):
    with pytest.raises(ValueError, match=words):
        minibatches(np.random.default_rng(0), x, y, size)


def test_the_split_of_the_digits_is_the_same_forever():
    data = digits()
    assert len(data.x_test) == 359
    assert list(data.y_train[:8]) == [0, 4, 9, 5, 8, 5, 3, 3]


# -- files ----------------------------------------------------------------------------------------

IMAGES = np.arange(5 * 4 * 3, dtype=np.uint8).reshape(5, 4, 3)
LABELS = np.array([3, 0, 9, 1, 7], dtype=np.uint8)


def idx(values):
    """The IDX format as the page of MNIST describes it: magic number, sizes, bytes, big-endian."""
    header = bytes([0, 0, 8, values.ndim])
    return header + b"".join(n.to_bytes(4, "big") for n in values.shape) + values.tobytes()


def write_mnist(folder, suffix="", pack=lambda content: content):
    for part, rows in (("train", slice(0, 3)), ("t10k", slice(3, 5))):
        for kind, values in (("images-idx3", IMAGES), ("labels-idx1", LABELS)):
            (folder / f"{part}-{kind}-ubyte{suffix}").write_bytes(pack(idx(values[rows])))


@pytest.mark.parametrize("load", [mnist, fashion_mnist])
@pytest.mark.parametrize("pack", ["", ".gz"])
def test_idx_files_are_read_compressed_or_not(tmp_path, load, pack):
    write_mnist(tmp_path, pack, gzip.compress if pack else bytes)
    data = load(tmp_path, md5={})
    np.testing.assert_allclose(data.x_train, IMAGES[:3].reshape(3, 12) / 255, rtol=1e-6)
    np.testing.assert_array_equal(data.y_test, [1, 7])
    assert data.x_train.dtype == np.float32
    assert data.y_train.dtype == np.int64
    assert load(str(tmp_path), md5={}, dtype=np.float64).x_test.dtype == np.float64


def test_a_checksum_is_verified_and_can_be_given(tmp_path):
    write_mnist(tmp_path, ".gz", gzip.compress)
    with pytest.raises(
        ValueError, match=r"MD5 checksum .* expected f68b3c2dcbeaaa9fbdd348bbdeb94873"
    ):
        mnist(tmp_path)
    own = {path.name: hashlib.md5(path.read_bytes()).hexdigest() for path in tmp_path.iterdir()}
    assert len(mnist(tmp_path, md5=own).y_train) == 3
    own["t10k-labels-idx1-ubyte.gz"] = "0" * 32
    with pytest.raises(ValueError, match=r"t10k-labels-idx1-ubyte\.gz has the MD5 checksum"):
        mnist(tmp_path, md5=own)


@pytest.mark.parametrize(
    ("load", "words"),
    [
        (mnist, r"no train-images-idx3-ubyte or .*put the four files of MNIST there: .*https://"),
        (fashion_mnist, r"put the four files of Fashion-MNIST there: .*zalandoresearch"),
        (
            cifar10,
            r"no cifar-10-binary\.tar\.gz in .*put cifar-10-binary\.tar\.gz there, from https",
        ),
    ],
)
def test_absent_files_are_named_with_where_to_get_them(tmp_path, load, words):
    with pytest.raises(FileNotFoundError, match=words) as caught:
        load(tmp_path / "nowhere")
    assert str(tmp_path / "nowhere") in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "begins with nothing; expected 00 00 08 03"),
        (b"\x00\x00\x08", "begins with 00 00 08; expected 00 00 08 03"),
        (idx(LABELS), "begins with 00 00 08 01; expected 00 00 08 03"),
        (b"\x89PNG" + bytes(30), "begins with 89 50 4e 47"),
        (idx(IMAGES)[:-1], "has 75 bytes; expected 76 by its header, shape (5, 4, 3)"),
        (idx(IMAGES) + b"x", "has 77 bytes; expected 76"),
        (idx(IMAGES[:0]), "shape (0, 4, 3)"),
        (b"\x00\x00\x08\x03" + b"\xff" * 12, "has 16 bytes; expected"),
        (idx(IMAGES[:2]), "has 2 images and 3 labels of 'train'"),
    ],
)
def test_a_file_that_is_no_whole_idx_file_is_refused(tmp_path, content, words):
    write_mnist(tmp_path)
    (tmp_path / "train-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(ValueError, match=re.escape(words)):
        mnist(tmp_path, md5={})


@pytest.mark.parametrize(
    "damage", [lambda c: c[:-9], lambda c: b"no gzip", lambda c: c[:20] + b"x"]
)
def test_a_damaged_gzip_file_is_refused(tmp_path, damage):
    write_mnist(tmp_path, ".gz", lambda content: damage(gzip.compress(content)))
    with pytest.raises(ValueError, match="is no whole gzip file"):
        mnist(tmp_path, md5={})


def test_a_label_beyond_nine_is_refused(tmp_path):
    write_mnist(tmp_path)
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(idx(np.array([1, 10], np.uint8)))
    with pytest.raises(
        ValueError, match="t10k-labels-idx1-ubyte has the label 10; expected 0 to 9"
    ):
        mnist(tmp_path, md5={})


PIXELS = np.random.default_rng(0).integers(0, 256, (12, 3, 32, 32)).astype(np.uint8)
CLASSES = np.arange(12, dtype=np.uint8) % 10


def cifar_batches():
    """Two rows a file: a byte of label, then red, green and blue, each row by row."""
    names = [*(f"data_batch_{n}.bin" for n in range(1, 6)), "test_batch.bin"]
    for i, name in enumerate(names):
        rows = range(2 * i, 2 * i + 2)
        yield name, b"".join(bytes([CLASSES[r]]) + PIXELS[r].tobytes() for r in rows)


def write_cifar_archive(folder, batches):
    with tarfile.open(folder / "cifar-10-binary.tar.gz", "w:gz") as tar:
        for name, content in batches:
            member = tarfile.TarInfo(f"cifar-10-batches-bin/{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize("home", ["cifar-10-batches-bin", "", "archive"])
def test_cifar_is_read_from_its_archive_or_its_folder(tmp_path, home):
    if home == "archive":
        write_cifar_archive(tmp_path, cifar_batches())
    else:
        (tmp_path / home).mkdir(exist_ok=True)
        for name, content in cifar_batches():
            (tmp_path / home / name).write_bytes(content)
    data = cifar10(tmp_path, md5={})
    assert data.x_train.shape == (10, 3072)
    np.testing.assert_allclose(data.x_train.reshape(-1, 3, 32, 32), PIXELS[:10] / 255, rtol=1e-6)
    np.testing.assert_allclose(data.x_test.reshape(-1, 3, 32, 32), PIXELS[10:] / 255, rtol=1e-6)
    np.testing.assert_array_equal(data.y_train, CLASSES[:10])
    assert not list(tmp_path.glob("**/*.bin")) or home != "archive", "nothing is extracted"


def test_the_checksum_of_the_cifar_archive_is_verified(tmp_path):
    write_cifar_archive(tmp_path, cifar_batches())
    with pytest.raises(ValueError, match="expected c32a1d4ab5d03f1284b67883e8d87530"):
        cifar10(tmp_path)


@pytest.mark.parametrize(
    ("batches", "words"),
    [
        ([], "is no whole archive of CIFAR-10"),
        (list(cifar_batches())[:-1], "is no whole archive of CIFAR-10"),
        ([(n, c[:-1]) for n, c in cifar_batches()], "data_batch_1.bin has 6145 bytes; expected a"),
        ([(n, b"") for n, _ in cifar_batches()], "data_batch_1.bin has 0 bytes"),
        ([(n, b"\xff" * 3073) for n, _ in cifar_batches()], "has the label 255; expected 0 to 9"),
    ],
)
def test_an_archive_that_is_not_cifar_is_refused(tmp_path, batches, words):
    write_cifar_archive(tmp_path, batches)
    with pytest.raises(ValueError, match=re.escape(words)):
        cifar10(tmp_path, md5={})


def test_a_pickle_in_place_of_the_archive_is_not_run(tmp_path):
    class Trap:
        def __reduce__(self):
            return (pytest.fail, ("the pickle was run",))

    (tmp_path / "cifar-10-binary.tar.gz").write_bytes(pickle.dumps(Trap()))
    with pytest.raises(ValueError, match="is no whole archive"):
        cifar10(tmp_path, md5={})


def test_the_batches_of_an_epoch_are_every_row_once_with_its_label():
    x, y = np.arange(11.0)[:, None], np.arange(11)
    order = np.random.default_rng(0).permutation(11)
    batches = [datasets.nth_batch(x, y, order, n, 4) for n in range(4)]
    assert [len(labels) for _, labels in batches] == [4, 4, 3, 0]
    assert np.array_equal(np.concatenate([labels for _, labels in batches]), order)
    assert all((inputs[:, 0] == labels).all() for inputs, labels in batches)


@pytest.mark.parametrize(
    ("n", "size", "message"), [(-1, 4, "n is -1; expected"), (0, 0, "batch_size is 0; expected")]
)
def test_a_batch_that_cannot_be_is_refused(n, size, message):
    with pytest.raises(ValueError, match=message):
        datasets.nth_batch(np.zeros((3, 1)), np.zeros(3), np.arange(3), n, size)


def test_means_of_unequal_batches_pool_to_the_mean_of_all_rows():
    values = np.random.default_rng(0).normal(size=(25, 3))
    pieces = [values[:8], values[8:16], values[16:24], values[24:]]
    means = np.array([piece.mean(axis=0) for piece in pieces])
    pooled = datasets.pooled_mean(means, np.array([8, 8, 8, 1]))
    assert np.allclose(pooled, values.mean(axis=0))
    assert not np.allclose(means.mean(axis=0), values.mean(axis=0))


@pytest.mark.parametrize("rows", [[1, 2], [[1, 2, 3]], [0, 0, 0], [2, -1, 3]])
def test_pieces_without_their_rows_are_refused(rows):
    with pytest.raises(ValueError, match="expected"):
        datasets.pooled_mean(np.ones((3, 2)), np.array(rows))
