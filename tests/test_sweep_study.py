"""A study finds the same wherever, in whatever order and in however many attempts it is run."""

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st

from mytutor.sweep import places, study, studying
from mytutor.sweep.journal import decoded, encoded

ROOT = Path(__file__).parents[1]
SCRIPT = """
import json, signal, sys, time
import numpy as np
from mytutor.sweep import study

def slow(setting, rng):
    time.sleep(0.05)
    return {"lr": setting, "drawn": rng.normal(size=2)}

if __name__ == "__main__":
    # What a shell starts in the background ignores it, and so would this.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    options = json.loads(sys.argv[1])
    found = study(slow, [k / 7 for k in range(40)], seed=5, **options)
    print(json.dumps([r and [r["lr"], *r["drawn"]] for r in found.results]))
"""
CLUSTER = """
import sys
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        workers = [worker.pid for worker in cluster.workers.values()]
        print(cluster.scheduler_address, *workers, flush=True)
        sys.stdin.read()
"""
ENVIRONMENT = {**os.environ, "PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}"}


def drawn(setting, rng):
    return setting, rng.normal()


def counted(setting, rng, *, file):
    with open(file, "a") as log:
        log.write(f"{setting}\n")
    return drawn(setting, rng)


def interrupted(setting, rng):
    if setting == 3:
        raise KeyboardInterrupt
    return drawn(setting, rng)


def failing(setting, rng):
    raise ZeroDivisionError("no step")


def killing(setting, rng):
    os.kill(os.getpid(), signal.SIGKILL)


def script(tmp_path, **options):
    file = tmp_path / "script.py"
    file.write_text(SCRIPT)
    command = [sys.executable, str(file), json.dumps(options)]
    return subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True)


def results(run):
    text, _ = run.communicate(timeout=120)
    assert run.returncode == 0
    return json.loads(text)


def wait_for_lines(path, count):
    end = time.monotonic() + 60
    while not (path.exists() and path.read_bytes().count(b"\n") >= count):
        assert time.monotonic() < end
        time.sleep(0.02)


@limits(max_examples=30, deadline=None)
@given(count=st.integers(1, 30), chunk=st.integers(1, 40), order=st.randoms(), seed=st.integers(0))
def test_results_depend_neither_on_chunks_nor_on_their_order(count, chunk, order, seed):
    def shuffled(function, chunks, seed):
        numbers = list(range(len(chunks)))
        order.shuffle(numbers)
        for number in numbers:
            yield number, places.run_chunk(function, chunks[number], seed)

    plain = study(drawn, range(count), seed=seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(studying, "here", shuffled)
        assert study(drawn, range(count), seed=seed, chunk=chunk).results == plain.results
    assert [setting for setting, _ in plain.results] == list(range(count))
    assert len({draw for _, draw in plain.results}) == count
    assert plain.done.all()


def test_more_settings_leave_the_results_of_the_first_as_they_were():
    assert study(drawn, range(9)).results[:4] == study(drawn, range(4)).results


def test_generators_are_those_that_numpy_spawns():
    children = np.random.SeedSequence(3).spawn(4)
    expected = [np.random.default_rng(child).normal() for child in children]
    assert [draw for _, draw in study(drawn, range(4), seed=3).results] == expected


def test_processes_find_the_same():
    assert study(drawn, range(20), jobs=2).results == study(drawn, range(20)).results


@pytest.mark.parametrize("jobs", [1, 2])
def test_what_the_function_raises_names_the_setting(jobs):
    with pytest.raises(ZeroDivisionError, match="no step") as caught:
        study(failing, ["a", "a"], jobs=jobs, chunk=2)
    assert "raised for settings[0], which is 'a'" in caught.value.__notes__


def test_a_process_that_is_killed_is_said():
    with pytest.raises(RuntimeError, match="want of memory; use fewer jobs"):
        study(killing, range(4), jobs=2)


def test_an_interrupt_returns_what_is_done():
    found = study(interrupted, range(5))
    assert found.done.tolist() == [True] * 3 + [False] * 2
    assert found.results[3:] == [None, None]
    assert found.results[:3] == study(drawn, range(3)).results


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_interrupt_from_the_keyboard_ends_every_process(tmp_path, jobs):
    journal = tmp_path / "journal"
    run = script(tmp_path, jobs=jobs, journal=str(journal))
    wait_for_lines(journal, 4)
    run.send_signal(signal.SIGINT)
    found = results(run)
    assert 4 <= sum(r is not None for r in found) < 40


def test_a_run_that_was_killed_goes_on_where_it_stopped(tmp_path):
    journal = tmp_path / "journal"
    run = script(tmp_path, journal=str(journal))
    wait_for_lines(journal, 5)
    run.kill()
    run.communicate()
    with journal.open("ab") as file:
        file.write(b'{"key": "cut of')
    kept = journal.read_bytes().rpartition(b"\n")[0] + b"\n"
    assert results(script(tmp_path, journal=str(journal))) == results(script(tmp_path))
    assert journal.read_bytes().startswith(kept)
    assert journal.read_bytes().count(b"\n") == 40


def test_a_journal_runs_nothing_twice_but_what_changed(tmp_path):
    log, journal = tmp_path / "log", tmp_path / "journal"
    function = partial(counted, file=str(log))

    def lines_after(**options):
        before = len(log.read_text().splitlines()) if log.exists() else 0
        found = study(function, **{"settings": range(5), "journal": journal, **options})
        assert found.done.all()
        return len(log.read_text().splitlines()) - before

    assert lines_after() == 5
    assert lines_after(chunk=3) == 0
    assert lines_after(settings=range(7)) == 2
    assert lines_after(seed=1) == 5
    assert lines_after(settings=[0, 1, 9]) == 1
    damaged = b"no json\n" + journal.read_bytes()
    journal.write_bytes(damaged)
    assert lines_after() == 0
    function = partial(drawn_otherwise, file=str(log))
    assert lines_after() == 5


def drawn_otherwise(setting, rng, *, file):
    return counted(setting, rng, file=file)[1]


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        (1, 2.5, "text", [float("inf")], {"a": ()}),
        {"array": [1, "<f8"], "list": {"dict": 0}},
        np.float32(0.1),
        np.arange(6, dtype=np.int16).reshape(2, 3),
        np.array([np.nan, 1e-320]),
    ],
)
def test_a_journal_keeps_values_with_their_types(value):
    back = decoded(json.loads(json.dumps(encoded("a result", value))))
    assert type(back) is type(value)
    np.testing.assert_equal(back, value)
    assert getattr(back, "dtype", None) == getattr(value, "dtype", None)


def returns_a_set(setting, rng):
    return {setting}


def test_what_a_journal_cannot_keep_is_refused(tmp_path):
    with pytest.raises(TypeError, match=r"a result holds \{1\} of type set; a journal keeps"):
        study(returns_a_set, [1], journal=tmp_path / "journal")
    with pytest.raises(TypeError, match="a setting holds"):
        study(drawn, [{1}], journal=tmp_path / "journal")
    with pytest.raises(TypeError, match="has no source to read"):
        study(print, [1], journal=tmp_path / "journal")


def test_a_journal_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(OSError, match=r"can't be written .*expected the path of a file"):
        study(drawn, [1], journal=tmp_path / "nowhere" / "journal")
    with pytest.raises(OSError, match="can't be written"):
        study(drawn, [1], journal=tmp_path)


def test_two_runs_cannot_write_one_journal(tmp_path):
    pytest.importorskip("fcntl")
    journal = tmp_path / "journal"

    def again(setting, rng):
        study(drawn, [1], journal=journal)

    with pytest.raises(OSError, match="written by another run"):
        study(again, [1], journal=journal)


def test_what_does_not_fit_is_refused_by_name():
    with pytest.raises(ValueError, match="settings is empty; expected at least one"):
        study(drawn, [])
    with pytest.raises(TypeError, match=r"can't be sent to another process.*use jobs=1"):
        study(lambda setting, rng: 0, [1], jobs=2)
    with pytest.raises(TypeError, match="function is 3"):
        study(3, [1])
    with pytest.raises(ValueError, match="chunk is 0"):
        study(drawn, [1], chunk=0)
    with pytest.raises(ValueError, match="expected one of them"):
        study(drawn, [1], jobs=2, cluster="tcp://127.0.0.1:1")


def test_without_dask_it_is_said(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ImportError, match="pip install distributed"):
        study(drawn, [1], cluster="tcp://127.0.0.1:1")


def test_a_scheduler_that_does_not_answer_is_named():
    pytest.importorskip("distributed", reason="it needs dask: pip install distributed")
    code = "from mytutor.sweep import study; study(print, [1], cluster='tcp://127.0.0.1:1')"
    command = [sys.executable, "-c", code]
    run = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=120)
    assert "OSError: no scheduler answers at 'tcp://127.0.0.1:1'" in run.stderr


@pytest.fixture
def cluster(tmp_path):
    pytest.importorskip("distributed", reason="it needs dask: pip install distributed")
    file = tmp_path / "cluster.py"
    file.write_text(CLUSTER)
    command = [sys.executable, str(file)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    run = subprocess.Popen(command, env=ENVIRONMENT, text=True, **pipes)
    address, *workers = run.stdout.readline().split()
    yield address, [int(worker) for worker in workers]
    run.communicate(timeout=60)


def test_a_worker_that_is_killed_changes_nothing(cluster, tmp_path):
    address, workers = cluster
    journal = tmp_path / "journal"
    run = script(tmp_path, cluster=address, journal=str(journal), chunk=2)
    wait_for_lines(journal, 4)
    os.kill(workers[0], signal.SIGKILL)
    assert results(run) == results(script(tmp_path))
    assert journal.read_bytes().count(b"\n") == 40
