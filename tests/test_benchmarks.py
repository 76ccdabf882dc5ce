"""Ratios are formed round by round, and the table says which targets were missed."""

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))
from benchmarks import measure  # noqa: E402
from benchmarks.__main__ import PARTS, main, table  # noqa: E402


def test_a_ratio_is_the_median_over_rounds_and_a_slow_round_is_no_matter():
    times = np.array([[1.0, 2.0], [1.1, 2.2], [50.0, 100.0], [0.9, 2.0], [1.0, 1.9]])
    middle, low, high = measure.ratios(*times.T)
    assert middle == 0.5
    assert 0.4 < low <= middle <= high < 0.6


def test_the_code_against_itself_is_the_first_row():
    calls = []
    rows = measure.rows_of(
        "work", lambda: calls.append("ours"), {"peer": lambda: calls.append("peer")}, {"peer": 0.5}
    )
    assert [row.peer for row in rows] == ["itself (noise)", "peer"]
    assert [row.target for row in rows] == [None, 0.5]
    assert rows[0].rounds == measure.MOST
    assert calls.count("ours") == calls.count("peer")
    turns = "".join(call[0] for call in calls)
    assert "opo" in turns
    assert "oppo" in turns


@pytest.mark.parametrize(("ratio", "mark"), [(0.4, "0.5 |"), (0.6, "0.5 (missed) |")])
def test_the_table_says_which_targets_were_missed(ratio, mark):
    row = measure.Row("work", "peer", ratio, ratio, ratio, 0.5, 9)
    assert mark in table([row._asdict()], {"machine": "m", "date": "d"})


def test_the_stored_results_can_be_read():
    stored = json.loads((ROOT / "benchmarks" / "results.json").read_text())
    assert {row.pop("part") for row in stored["rows"]} <= set(PARTS)
    assert all(0 < measure.Row(**row).ratio < 1000 for row in stored["rows"])


def test_what_computes_something_else_is_not_timed():
    measure.agree("work", [1.0, 2.0], [1.0, 2.00001], 1e-4)
    for wrong in ([1.0, 2.1], [1.0, np.nan]):
        with pytest.raises(ArithmeticError, match=r"work: .* apart; expected at most 1e-04"):
            measure.agree("work", wrong, [1.0, 2.0], 1e-4)


def test_help_has_an_example():
    assert "python -m benchmarks steps" in CliRunner().invoke(main, ["--help"]).output
