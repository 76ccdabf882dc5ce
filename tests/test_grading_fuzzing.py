"""Notebooks damaged at random: each ends with a status, and those beside it with theirs."""

import copy
import json
import random
from pathlib import Path

import hostile
import pytest
from grading import needs_the_sandbox

from mytutor.grading import command
from mytutor.grading.grade import STATUSES

pytestmark = needs_the_sandbox
ROOT = Path(__file__).parents[1]
WHOLE = json.loads((ROOT / "solutions" / "momentum.ipynb").read_text())
ODD = (None, True, -1, 1e400, "", "\ud800", "code", [], {}, [[]], {"source": 1}, "x" * 10**5)
QUESTIONS = ["momentum", "nesterov-bug"]


def damaged_bytes(chance):
    """Some bytes removed, repeated or replaced."""
    data = bytearray(hostile.notebook(hostile.START, hostile.RIGHT, hostile.NESTEROV).encode())
    for _ in range(chance.randint(1, 4)):
        place, length = chance.randrange(len(data)), chance.choice((0, 1, 1, 2, 10, 200))
        data[place : place + length] = chance.choice(
            (b"", chance.randbytes(length), bytes(data[place : place + length]) * 2, b'"', b"\\n")
        )
    return bytes(data)


def damaged_values(chance):
    """Some parts of the notebook's tree removed, repeated, exchanged or replaced."""
    tree = json.loads(json.dumps(WHOLE))
    for _ in range(chance.randint(1, 4)):
        node, key = tree, chance.choice(list(tree))
        while isinstance(node[key], (dict, list)) and node[key] and chance.random() < 0.8:
            node = node[key]
            key = (
                chance.choice(list(node)) if isinstance(node, dict) else chance.randrange(len(node))
            )
        what = chance.random()
        if what < 0.3:
            del node[key]
        elif what < 0.5 and isinstance(node, list):
            node.insert(chance.randrange(len(node)), node[key])
        else:
            node[key] = copy.deepcopy(chance.choice(ODD))
        if not tree:
            break
    return json.dumps(tree).encode()


def damaged_code(chance):
    """Words of the answers removed, repeated or exchanged."""
    words = (hostile.RIGHT + hostile.NESTEROV).replace("(", " ( ").split(" ")
    for _ in range(chance.randint(1, 3)):
        here, there = chance.randrange(len(words)), chance.randrange(len(words))
        words[here] = chance.choice(("", words[there], words[here] * 2, "lambda", "[[", "*"))
    return hostile.notebook(hostile.START, " ".join(words)).encode()


@pytest.mark.parametrize("damaged", [damaged_bytes, damaged_values, damaged_code])
def test_every_damaged_notebook_has_a_status(damaged, tmp_path):
    folder, chance = tmp_path / "handed-in", random.Random(damaged.__name__)
    folder.mkdir()
    for number in range(200):
        (folder / f"{number:03}-b.ipynb").write_bytes(damaged(chance))
    for number in range(0, 200, 25):
        (folder / f"{number:03}-a.ipynb").write_text(hostile.right(number))
    out = tmp_path / "grades.csv"
    rows = command.grade([folder], out, names=QUESTIONS, jobs=2, seconds=2, tell=str)
    assert len(rows) == 208
    for row in rows:
        found = [result.status for result in row.results]
        assert set(found) <= set(STATUSES)
        assert "crashed" not in found
        if row.student.endswith("-a"):
            assert found == ["right", "right"]
    states = {result.status for row in rows for result in row.results}
    assert states >= {"right", "missing"}
    assert len(out.with_suffix(".jsonl").read_text().splitlines()) == 208
