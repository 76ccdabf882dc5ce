"""Where the chunks of a study are run: in this process, in others, or on a cluster.

A place is a generator: it is given chunks and yields the number of each with its results, in any
order, as they end. Closing it early leaves nothing running.
"""

from __future__ import annotations

import multiprocessing
import pickle
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import numpy as np

__all__ = ["Chunk", "cluster_workers", "here", "in_processes", "on_cluster"]

Chunk = Sequence[tuple[int, Any]]
Done = Iterator[tuple[int, list[Any]]]


def run_chunk(function: Callable[..., Any], chunk: Chunk, seed: int) -> list[Any]:
    """The results of some settings, each with a generator that belongs to its place alone."""
    return [_result(function, place, setting, seed) for place, setting in chunk]


def _result(function: Callable[..., Any], place: int, setting: Any, seed: int) -> Any:
    # The child that SeedSequence(seed).spawn makes for this place, whoever asks and when.
    rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(place,)))
    try:
        return function(setting, rng)
    except Exception as error:
        error.add_note(f"raised for settings[{place}], which is {setting!r}")
        raise


def here(function: Callable[..., Any], chunks: Sequence[Chunk], seed: int) -> Done:
    """One chunk after the other in this process."""
    for number, chunk in enumerate(chunks):
        yield number, run_chunk(function, chunk, seed)


def in_processes(
    function: Callable[..., Any], chunks: Sequence[Chunk], seed: int, jobs: int
) -> Done:
    """Chunks shared by so many processes."""
    _check_sendable(function)
    others = set(multiprocessing.active_children())
    pool = ProcessPoolExecutor(jobs, initializer=_leave_interrupts)
    try:
        waiting = {pool.submit(run_chunk, function, c, seed): n for n, c in enumerate(chunks)}
        for future in as_completed(waiting):
            yield waiting[future], future.result()
    except BrokenProcessPool as error:
        raise RuntimeError(
            "a process ended before its chunk did, most likely for want of memory; use fewer jobs. "
            "What a journal holds stays"
        ) from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for process in set(multiprocessing.active_children()) - others:
            process.terminate()
            process.join()


def _leave_interrupts() -> None:
    """An interrupt is for the process that asked for the study; it ends the others."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _check_sendable(function: Any) -> None:
    try:
        pickle.loads(pickle.dumps(function))
    except Exception as error:  # pickle raises whatever an object raises
        raise TypeError(
            f"function {function!r} can't be sent to another process ({error}); define it with def "
            "at the top of a module, or use jobs=1"
        ) from error


def on_cluster(
    function: Callable[..., Any], chunks: Sequence[Chunk], seed: int, client: Any
) -> Done:
    """Chunks sent to the workers of a dask cluster; one whose worker dies is run elsewhere."""
    from distributed import as_completed as ended

    _check_picklable_by_value(function)
    waiting = {
        client.submit(run_chunk, function, chunk, seed, retries=2, pure=False): number
        for number, chunk in enumerate(chunks)
    }
    try:
        for future in ended(list(waiting), loop=client.loop):
            yield waiting[future], future.result()
    finally:
        client.cancel(list(waiting))


def _check_picklable_by_value(function: Any) -> None:
    import cloudpickle

    try:
        cloudpickle.dumps(function)
    except Exception as error:  # as above
        raise TypeError(
            f"function {function!r} can't be sent to a cluster ({error}); it must not hold open "
            "files, locks or the like"
        ) from error


def cluster_workers(address: str) -> tuple[Any, int]:
    """A client of a dask scheduler and its number of threads.

    Raises ImportError without dask and OSError when no scheduler or no worker is there.
    """
    try:
        from distributed import Client
    except ImportError:
        raise ImportError("a cluster needs dask: `pip install distributed`") from None
    try:
        client = Client(address, timeout="10s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise OSError(
            f"no scheduler answers at {address!r} ({error}); expected the address that "
            "`dask scheduler` prints, such as 'tcp://10.0.0.1:8786'"
        ) from error
    threads = sum(client.nthreads().values())
    if not threads:
        client.close()
        raise OSError(
            f"the scheduler at {address} has no workers; start some: `dask worker {address}`"
        )
    return client, threads
