"""The loop and what belongs to it: history, checkpoints, averages, early stopping, range test."""

from mytutor.train.averaging import ExponentialAverage, Snapshots, StochasticWeightAverage
from mytutor.train.checkpoint import checkpoint_every, load_checkpoint, save_checkpoint
from mytutor.train.gathering import gather, whole_gradient
from mytutor.train.loop import Callback, Diverged, History, Trained, descend, hold_out, train
from mytutor.train.rates import RangeTest, best_rate, range_test
from mytutor.train.stopping import ReduceOnPlateau, early_stopping

__all__ = [
    "Callback",
    "Diverged",
    "ExponentialAverage",
    "History",
    "RangeTest",
    "ReduceOnPlateau",
    "Snapshots",
    "StochasticWeightAverage",
    "Trained",
    "best_rate",
    "checkpoint_every",
    "descend",
    "early_stopping",
    "gather",
    "hold_out",
    "load_checkpoint",
    "range_test",
    "save_checkpoint",
    "train",
    "whole_gradient",
]
