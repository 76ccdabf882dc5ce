import os

import numpy as np
import pytest

from mytutor.files import read_arrays, write_arrays


def test_arrays_come_back_as_they_were(tmp_path):
    named = {"a": np.arange(3, dtype=np.float32), "b": np.ones((2, 2)), "t": 5}
    write_arrays(tmp_path / "x.npz", named)
    back = read_arrays(tmp_path / "x.npz", expected="three arrays")
    assert sorted(back) == ["a", "b", "t"]
    for name, values in named.items():
        np.testing.assert_array_equal(back[name], values)
    assert back["a"].dtype == np.float32


def test_a_crash_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "x.npz"
    write_arrays(path, {"a": np.ones(3)})

    def full_disk(*arguments, **named):
        raise OSError("no space left")

    monkeypatch.setattr(np, "savez", full_disk)
    with pytest.raises(OSError, match="no space left"):
        write_arrays(path, {"a": np.zeros(3)})
    np.testing.assert_array_equal(read_arrays(path, expected="ones")["a"], np.ones(3))
    assert os.listdir(tmp_path) == ["x.npz"]


def test_objects_are_neither_written_nor_read(tmp_path):
    with pytest.raises(ValueError, match="Object arrays cannot be saved"):
        write_arrays(tmp_path / "x.npz", {"a": np.array([{}], dtype=object)})
    with (tmp_path / "pickled.npz").open("wb") as file:
        np.savez(file, a=np.array([{}], dtype=object))
    with pytest.raises(ValueError, match=r"is no whole .npz file of numbers .* expected weights"):
        read_arrays(tmp_path / "pickled.npz", expected="weights")


def test_what_is_no_file_of_arrays_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file .* expected weights"):
        read_arrays(tmp_path / "missing.npz", expected="weights")
    with pytest.raises(FileNotFoundError, match=r"no folder .* create it first"):
        write_arrays(tmp_path / "nowhere" / "x.npz", {"a": np.ones(1)})
    np.save(tmp_path / "single.npy", np.ones(2))
    with pytest.raises(ValueError, match="it holds a single array"):
        read_arrays(tmp_path / "single.npy", expected="weights")
    write_arrays(tmp_path / "x.npz", {"a": np.ones(100)})
    torn = (tmp_path / "x.npz").read_bytes()[:200]
    (tmp_path / "torn.npz").write_bytes(torn)
    with pytest.raises(ValueError, match=r"is no whole .npz file"):
        read_arrays(tmp_path / "torn.npz", expected="weights")
