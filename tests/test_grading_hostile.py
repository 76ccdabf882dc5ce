"""Every hostile notebook, graded between two right ones: nobody is harmed and nobody gains."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import hostile
import pytest
from grading import needs_the_sandbox

pytestmark = needs_the_sandbox

SECRET = "the-secret-of-this-test"
GRADE = """
import re, sys
from mytutor.grading import command
from pathlib import Path
rows = command.grade([sys.argv[1]], Path(sys.argv[2]), jobs=2, seconds=2, seed="s",
                     names=["momentum", "nesterov-bug"])
print("KB", re.search(r"VmHWM:\\s*(\\d+)", Path("/proc/self/status").read_text())[1])
"""


class Graded:
    """A batch in which right notebooks stand before, between and after hostile ones."""

    def __init__(self, base, names, place):
        self.outside, self.folder = base / "outside", base / "handed-in"
        self.outside.mkdir()
        self.folder.mkdir()
        (self.outside / "canary").write_text(SECRET)
        self.connections, self.server = [], socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.listen, daemon=True).start()
        for number, name in enumerate(names):
            (self.folder / f"{number:03}-a.ipynb").write_text(hostile.right(number))
            place(self, self.folder / f"{number:03}-b.ipynb", name)
        (self.folder / "999-a.ipynb").write_text(hostile.right(999))
        before, started = set(processes()), time.monotonic()
        out = base / "grades.csv"
        self.done = subprocess.run(
            [sys.executable, "-c", GRADE, self.folder, out],
            env={**os.environ, "PYTHONPATH": str(Path(hostile.__file__).parents[1])},
            capture_output=True,
            text=True,
        )
        self.seconds = time.monotonic() - started
        self.server.close()
        self.left = still_there(set(processes()) - before)
        assert self.done.returncode == 0, self.done.stderr
        self.kilobytes = int(self.done.stdout.split("KB")[1])
        self.text = "".join(out.with_suffix(e).read_text() for e in (".csv", ".jsonl", ".html"))
        self.page = out.with_suffix(".html").read_text()
        lines = out.with_suffix(".jsonl").read_text().splitlines()
        self.rows = [json.loads(line) for line in lines]

    def listen(self):
        while True:
            try:
                self.connections.append(self.server.accept())
            except OSError:
                return

    def port(self):
        return self.server.getsockname()[1]

    def statuses(self, number):
        return [result["status"] for result in self.rows[number]["results"]]

    def is_contained(self, count):
        """What must hold after every batch, whatever was in it."""
        assert [row["student"][:5] for row in self.rows[::2]] == [
            *(f"{number:03}-a" for number in range(count)),
            "999-a",
        ]
        for number in range(0, len(self.rows), 2):
            assert self.statuses(number) == ["right", "right"]
        assert sorted(path.name for path in self.outside.iterdir()) == ["canary"]
        assert (self.outside / "canary").read_text() == SECRET
        assert SECRET not in self.text
        assert not self.connections
        assert not self.left
        assert self.kilobytes < 300_000


def still_there(found):
    """Those that go on: tests beside this one have workers, too, but theirs soon end."""
    ends = time.monotonic() + 60
    while found and time.monotonic() < ends:
        time.sleep(0.2)
        found &= set(processes())
    return found


def processes():
    """What runs that may have come from a sandbox."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            command = path.read_bytes()
        except OSError:
            continue
        if b"mytutor/grading/start.py" in command or b"sleep\x001000" in command:
            yield path.parent.name


def attack(graded, path, name):
    path.write_text(hostile.hostile(name, graded.outside, graded.port()))


def broken(graded, path, name):
    if name in hostile.ODD:
        path.write_text(hostile.ODD[name])
        return
    what = hostile.BROKEN[name]
    if isinstance(what, bytes):
        path.write_bytes(what)
    elif what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "socket":
        with socket.socket(socket.AF_UNIX) as one:
            one.bind(str(path))
    else:
        target = {"link": graded.outside / "canary", "loop": path, "device": Path("/dev/zero")}
        path.symlink_to(target[what])


CELLS, ANSWERS = list(hostile.CELLS), list(hostile.ANSWERS)
FILES = [*hostile.BROKEN, *hostile.ODD]


@pytest.fixture(scope="module")
def cells(tmp_path_factory):
    return Graded(tmp_path_factory.mktemp("cells"), CELLS, attack)


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    return Graded(tmp_path_factory.mktemp("answers"), ANSWERS, attack)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return Graded(tmp_path_factory.mktemp("files"), FILES, broken)


def test_hostile_cells_harm_nobody(cells):
    cells.is_contained(len(CELLS))
    assert cells.seconds < 4 * len(CELLS)


def test_hostile_answers_harm_nobody(answers):
    answers.is_contained(len(ANSWERS))


def test_broken_files_harm_nobody(files):
    files.is_contained(len(FILES))


@pytest.mark.parametrize("name", CELLS)
def test_a_hostile_cell_neither_earns_a_mark_nor_costs_one(name, cells):
    """The mistake of the same notebook is still named, and its right answer is still right."""
    assert cells.statuses(2 * CELLS.index(name) + 1) == ["named", "right"]


@pytest.mark.parametrize("name", ANSWERS)
def test_a_hostile_answer_neither_earns_a_mark_nor_costs_one(name, answers):
    first, second = answers.statuses(2 * ANSWERS.index(name) + 1)
    assert first != "right"
    assert second == "right"


@pytest.mark.parametrize("name", FILES)
def test_a_broken_file_has_a_status(name, files):
    statuses = files.statuses(2 * FILES.index(name) + 1)
    assert "right" not in statuses
    assert ("unreadable" in statuses) == (name in hostile.BROKEN)


def test_a_page_of_hostile_texts_runs_nothing(answers):
    assert "<script" not in answers.page
    assert "&lt;script" in answers.page
    assert "\x1b" not in answers.text
