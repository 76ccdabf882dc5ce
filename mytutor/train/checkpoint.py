"""Save a run and go on with it later, exactly."""

from __future__ import annotations

import os
from typing import Any

from mytutor._checks import check_whole
from mytutor.arrays import to_numpy
from mytutor.files import read_arrays, write_arrays
from mytutor.optimizer import State
from mytutor.train.loop import History, Trained

__all__ = ["checkpoint_every", "load_checkpoint", "save_checkpoint"]

FORMAT = 1
EXPECTED = f"a checkpoint of format {FORMAT}, written by save_checkpoint"


def save_checkpoint(path: str | os.PathLike[str], trained: Trained) -> None:
    """Write parameters, optimizer state and history to one .npz file, replacing it whole or not.

    Tensors are stored as arrays. Raises TypeError for a state that isn't that of an ``Optimizer``.

    Source: the file format is NumPy's own; nothing in it is pickled.
    """
    if not isinstance(trained.state, State):
        found = type(trained.state).__name__
        raise TypeError(f"the state is a {found}; only that of an Optimizer can be saved")
    arrays: dict[str, Any] = {
        "format": FORMAT,
        "t": trained.state.t,
        "step_loss": trained.history.step_loss,
        "epoch_loss": trained.history.epoch_loss,
        "test_accuracy": trained.history.test_accuracy,
    }
    for i, (x, slots) in enumerate(zip(trained.params, trained.state.slots, strict=True)):
        arrays[f"param_{i}"] = to_numpy(x)
        for j, slot in enumerate(slots):
            arrays[f"slot_{i}_{j}"] = to_numpy(slot)
    write_arrays(path, arrays)


def load_checkpoint(path: str | os.PathLike[str]) -> Trained:
    """What ``save_checkpoint`` wrote, for ``train(..., resume=...)``.

    Raises FileNotFoundError when there is none and ValueError for another kind of file.

    Source: the file format is NumPy's own; nothing in it is pickled.
    """
    arrays = read_arrays(path, expected=EXPECTED)
    if not {"format", "t", "step_loss"} <= set(arrays) or int(arrays["format"]) != FORMAT:
        raise ValueError(f"{os.fspath(path)} holds other arrays; expected {EXPECTED}")
    count = sum(name.startswith("param_") for name in arrays)
    width = sum(name.startswith("slot_0_") for name in arrays)
    params = [arrays[f"param_{i}"] for i in range(count)]
    slots = tuple(tuple(arrays[f"slot_{i}_{j}"] for j in range(width)) for i in range(count))
    history = History(*(arrays[n].tolist() for n in ("step_loss", "epoch_loss", "test_accuracy")))
    return Trained(params, State(int(arrays["t"]), slots), history)


def checkpoint_every(path: str | os.PathLike[str], epochs: int = 1) -> Any:
    """A callback after each epoch that saves every so many epochs.

    Raises ValueError for fewer than 1 epoch.
    """
    check_whole("epochs", epochs, 1)

    def save(trained: Trained) -> None:
        if len(trained.history.epoch_loss) % epochs == 0:
            save_checkpoint(path, trained)

    return save
