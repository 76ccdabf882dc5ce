"""A study: one function over many settings, here, in other processes or on a cluster."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from mytutor._checks import check_callable, check_seed, check_whole
from mytutor.sweep.journal import Journal
from mytutor.sweep.places import Chunk, cluster_workers, here, in_processes, on_cluster
from mytutor.sweep.progress import bar

__all__ = ["Study", "study"]

EACH = 8
"""Chunks for every worker: few enough to cost nothing, enough that no worker waits long."""


class Study(NamedTuple):
    """What a study found: the results in the order of the settings.

    ``done`` says for every setting whether it was run; after an interrupt the results of the others
    are None.
    """

    results: list[Any]
    done: np.ndarray


def study(
    function: Callable[[Any, np.random.Generator], Any],
    settings: Iterable[Any],
    *,
    seed: int = 0,
    jobs: int = 1,
    chunk: int | None = None,
    cluster: str = "",
    journal: str | os.PathLike[str] | None = None,
    progress: bool = True,
) -> Study:
    """Call ``function(setting, rng)`` for every setting.

    Every setting has a generator of its own, made of the seed and its place among the settings:
    results depend neither on the ``chunk``, the number of settings that travel together, nor on the
    order or the machine they are run on. ``jobs`` is the number of processes, 1 this one. A
    ``cluster`` is the address of a dask scheduler, whose workers have mytutor installed; a chunk
    whose worker dies is run elsewhere. A ``journal`` is a file that keeps every finished chunk, so
    that a run that was killed goes on where it stopped; another function, setting or seed is run
    anew. An interrupt returns what is done. ``progress`` shows a bar in a terminal where tqdm is
    installed.

    Raises ValueError for no settings, TypeError for a function that can't be sent or values that a
    journal can't keep, ImportError without dask, OSError for a scheduler that doesn't answer or a
    journal that can't be written, and what the function raises, with the setting.

    >>> study(loss_after_training, [{"lr": lr} for lr in (0.1, 0.01)], journal="lr.jsonl")

    Source: generators by place are ``SeedSequence.spawn`` of O'Neill (2015), as NumPy has it.
    """
    check_callable(function=function)
    check_seed(seed)
    check_whole("jobs", jobs, 1, " process")
    if chunk is not None:
        check_whole("chunk", chunk, 1, " setting")
    if jobs > 1 and cluster:
        raise ValueError(f"jobs is {jobs} and cluster {cluster!r}; expected one of them")
    settings = list(settings)
    if not settings:
        raise ValueError("settings is empty; expected at least one")
    with contextlib.ExitStack() as stack:
        book = stack.enter_context(Journal(journal, function)) if journal is not None else None
        run = _Run(settings, seed, book)
        workers, place = _place(function, seed, jobs, cluster, stack)
        chunks = run.chunks(chunk or _size(len(run.missing()), workers))
        shows = stack.enter_context(bar(len(settings), "settings", shown=progress))
        run.follow(chunks, place(chunks), shows)
    return Study(run.results, run.done)


def _size(count: int, workers: int) -> int:
    """Settings in a chunk; a single worker has nobody to wait for."""
    return 1 if workers == 1 else max(1, -(-count // (EACH * workers)))


def _place(
    function: Any, seed: int, jobs: int, cluster: str, stack: contextlib.ExitStack
) -> tuple[int, Callable[[Sequence[Chunk]], Iterator[tuple[int, list[Any]]]]]:
    """The number of workers, and what runs chunks on them."""
    if cluster:
        client, threads = cluster_workers(cluster)
        stack.callback(client.close)
        return threads, lambda chunks: on_cluster(function, chunks, seed, client)
    if jobs > 1:
        return jobs, lambda chunks: in_processes(function, chunks, seed, jobs)
    return 1, lambda chunks: here(function, chunks, seed)


class _Run:
    """The results so far."""

    def __init__(self, settings: list[Any], seed: int, journal: Journal | None) -> None:
        self.settings, self.journal = settings, journal
        self.results: list[Any] = [None] * len(settings)
        self.done = np.zeros(len(settings), bool)
        self.keys: list[str] = []
        if journal is not None:
            self.keys = [journal.key(setting, k, seed) for k, setting in enumerate(settings)]
            for k, key in enumerate(self.keys):
                if key in journal:
                    self.results[k], self.done[k] = journal[key], True

    def missing(self) -> list[int]:
        return np.flatnonzero(~self.done).tolist()

    def chunks(self, size: int) -> list[Chunk]:
        pairs = [(k, self.settings[k]) for k in self.missing()]
        return [pairs[low : low + size] for low in range(0, len(pairs), size)]

    def follow(self, chunks: list[Chunk], ended: Any, shows: Any) -> None:
        """Keep every chunk as it ends, until all have or an interrupt comes."""
        shows.update(int(self.done.sum()))
        with contextlib.suppress(KeyboardInterrupt), contextlib.closing(ended):
            for number, results in ended:
                self._keep([k for k, _ in chunks[number]], results)
                shows.update(len(results))

    def _keep(self, places: list[int], results: list[Any]) -> None:
        # First here, then there: an interrupt in between loses nothing that the journal has.
        for k, result in zip(places, results, strict=True):
            self.results[k], self.done[k] = result, True
        if self.journal is not None:
            self.journal.add([(self.keys[k], r) for k, r in zip(places, results, strict=True)])
