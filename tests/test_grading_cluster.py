"""Grading on a dask cluster, one of whose workers is killed on the way."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import hostile
import pytest
from click.testing import CliRunner
from grading import needs_the_sandbox

from mytutor.cli import main

ROOT = Path(__file__).parents[1]
CLUSTER = """
import sys, time
from distributed import LocalCluster
if __name__ == "__main__":
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster:
        workers = [worker.pid for worker in cluster.workers.values()]
        print(cluster.scheduler_address, *workers, flush=True)
        sys.stdin.read()
"""
COMMAND = (sys.executable, "-c", "from mytutor.cli import main; main()", "grade")


@pytest.fixture
def cluster(tmp_path):
    pytest.importorskip("distributed", reason="it needs dask: pip install distributed")
    script = tmp_path / "cluster.py"
    script.write_text(CLUSTER)
    run = subprocess.Popen(
        [sys.executable, script],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    address, *workers = run.stdout.readline().split()
    assert re.match(r"tcp://", address)
    yield address, [int(worker) for worker in workers]
    run.communicate(timeout=60)


@needs_the_sandbox
def test_a_worker_that_is_killed_costs_nobody_a_mark(cluster, tmp_path):
    address, workers = cluster
    folder, out = tmp_path / "handed-in", tmp_path / "grades.csv"
    folder.mkdir()
    for number in range(16):
        (folder / f"{number:02}.ipynb").write_text(hostile.right(number))
    run = subprocess.Popen(
        [*COMMAND, folder, "--out", out, "--seed", "s", "--cluster", address],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{os.environ.get('PYTHONPATH', '')}"},
        stdout=subprocess.PIPE,
        text=True,
    )
    journal = Path(f"{out}.journal")
    while run.poll() is None and not (journal.exists() and b"right" in journal.read_bytes()):
        time.sleep(0.05)
    os.kill(workers[0], signal.SIGKILL)
    text, _ = run.communicate(timeout=200)
    assert run.returncode == 0, text
    assert "momentum: 16 right" in text


def test_without_dask_or_a_scheduler_it_is_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    (tmp_path / "a.ipynb").write_text(hostile.right(1))
    out = tmp_path / "grades.csv"
    arguments = ["grade", str(tmp_path), "--out", str(out), "--cluster", "tcp://127.0.0.1:1"]
    done = CliRunner().invoke(main, [*arguments, "--sandbox", "weak"])
    assert done.exit_code == 2
    assert "pip install distributed" in done.output
