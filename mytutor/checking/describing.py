"""Describe how wrong values differ from the right ones, when no misconception explains them.

Every sentence made here is a fact about all cases that were compared, not a guess at the cause.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np

from mytutor.checking.comparing import Expected, Slots, close
from mytutor.checking.recording import Case

__all__ = ["Comparison", "describe", "describe_whole"]

ENOUGH = 4  # cases that must show a pattern before it is called one


class Comparison(NamedTuple):
    """One case whose output could be compared: inputs, right values, and the answer's."""

    case: Case
    wanted: Expected
    got: Slots

    @property
    def agrees(self) -> list[bool]:
        """For every slot, whether it is right."""
        return close(self.got, self.wanted)


def describe(
    names: Sequence[str], compared: Sequence[Comparison], explained: Collection[str] = ()
) -> tuple[str, tuple[str, ...]]:
    """One or more sentences on the difference, and the names of the patterns found.

    Nothing is said about outputs already ``explained`` except that they are wrong.
    """
    sentences, patterns = [], []
    wrong = [n for slot, n in enumerate(names) if not all(c.agrees[slot] for c in compared)]
    right = [name for name in names if name not in wrong]
    if right:
        sentences.append(
            f"{_listed(right)} {_are(right)} right; {_listed(wrong)} {_are(wrong)} not."
        )
    for name in sorted(set(wrong) - set(explained), key=wrong.index):
        found = _pattern(name, list(names).index(name), compared)
        if found:
            sentences.append(found[0])
            patterns.append(found[1])
    when = _when(compared)
    if when:
        sentences.append(when[0])
        patterns.append(when[1])
    if not right and not patterns:
        sentences.append(f"{_listed(wrong)} {_are(wrong)} not right.")
    return " ".join(sentences), tuple(dict.fromkeys(patterns))


def describe_whole(
    names: Sequence[str], compared: Sequence[Comparison]
) -> tuple[str, tuple[str, ...]] | None:
    """A sentence that explains all outputs at once, and its name; None when there is none."""
    return _reordered(names, compared) or _unchanged(names, compared)


def _listed(names: Sequence[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return " and ".join([", ".join(quoted[:-1]), quoted[-1]] if len(quoted) > 1 else quoted)


def _are(names: Sequence[str]) -> str:
    return "is" if len(names) == 1 else "are"


def _reordered(
    names: Sequence[str], compared: Sequence[Comparison]
) -> tuple[str, tuple[str, ...]] | None:
    for order in permutations(range(len(names))):
        if list(order) == sorted(order):
            continue
        if all(all(close(tuple(c.got[i] for i in order), c.wanted)) for c in compared):
            text = f"The values are right, their order is not: return `{', '.join(names)}`."
            return text, ("wrong order of the outputs",)
    return None


def _unchanged(
    names: Sequence[str], compared: Sequence[Comparison]
) -> tuple[str, tuple[str, ...]] | None:
    for c in compared:
        for name, value in zip(names, c.got, strict=True):
            before = c.case.inputs.get(name, 0.0)  # a state left out starts at zero
            if np.shape(before) not in ((), value.shape):
                return None
            if not np.array_equal(np.asarray(before) + np.zeros(value.shape), value):
                return None
    return "It returns what was put in, unchanged.", ("inputs returned unchanged",)


def _pattern(name: str, slot: int, compared: Sequence[Comparison]) -> tuple[str, str] | None:
    pieces = [(c.case, c.wanted.values[slot], c.got[slot]) for c in compared]
    broken = [not np.isfinite(g).all() and np.isfinite(w).all() for _, w, g in pieces]
    if any(broken) and not all(c.agrees[slot] or b for c, b in zip(compared, broken, strict=True)):
        pieces = [piece for piece, b in zip(pieces, broken, strict=True) if not b]
    elif any(broken):
        return f"`{name}` becomes NaN or infinite where it should not.", "not finite"
    if _all(pieces, _transposed):
        return f"`{name}` comes out with its axes swapped.", "swapped axes"
    found = _factor([(case, wanted, got) for case, wanted, got in pieces])
    if found:
        return f"`{name}` {_times(found)}.", found
    if all(_has(case.inputs, name, wanted.shape) for case, wanted, _ in pieces):
        found = _factor([(k, w - k.inputs[name], g - k.inputs[name]) for k, w, g in pieces])
        if found:
            return f"The change of `{name}` {_times(found)}.", found
    return None


def _has(inputs: Mapping[str, Any], name: str, shape: tuple[int, ...]) -> bool:
    return name in inputs and np.shape(inputs[name]) == shape


def _transposed(wanted: np.ndarray, got: np.ndarray) -> bool:
    return got.shape == wanted.T.shape and np.allclose(got, wanted.T)


def _all(pieces: Sequence[Any], holds: Any) -> bool:
    useful = [p for p in pieces if p[1].ndim > 1 and p[1].size > max(p[1].shape)]
    return len(useful) >= ENOUGH and all(holds(wanted, got) for _, wanted, got in useful)


def _times(found: str) -> str:
    if found == "opposite sign":
        return "has the right size and the opposite sign"
    if found == "unchanged":
        return "is zero where it should not be"
    if found == "right direction, wrong length":
        return "has the right direction and a wrong length"
    return f"is {found.removeprefix('factor ')} times what it should be"


def _factor(pieces: Sequence[tuple[Case, np.ndarray, np.ndarray]]) -> str | None:
    """The one factor between expected and got in every case, as a formula if it is one."""
    ratios = []
    for case, wanted, got in pieces:
        size = float(abs(wanted).max()) if wanted.size else 0.0
        if not np.isfinite(size) or size < 1e-5 or any(_rough(v) for v in case.inputs.values()):
            continue
        with np.errstate(all="ignore"):
            ratios.append((case, got / np.where(wanted == 0, np.nan, wanted)))
    ratios = [(case, ratio) for case, ratio in ratios if not np.isnan(ratio).any()]
    if len(ratios) < ENOUGH or all(_same(ratio, 1.0) for _, ratio in ratios):
        return None
    first = float(np.ravel(ratios[0][1])[0])
    if all(_same(ratio, first) for _, ratio in ratios):
        special = {-1.0: "opposite sign", 0.0: "unchanged"}
        return next((w for c, w in special.items() if _same(first, c)), f"factor {first:.6g}")
    for name in ratios[0][0].inputs:
        given = [(case, ratio) for case, ratio in ratios if name in case.inputs]
        for formula, factor in _formulas(name):
            if len(given) >= ENOUGH and all(_same(ratio, factor(case)) for case, ratio in given):
                return f"factor `{formula}`"
    vectors = [ratio for _, ratio in ratios if np.size(ratio) > 1]
    straight = [r for r in vectors if _same(r, float(np.ravel(r)[0])) and np.ravel(r)[0] > 0]
    if len(vectors) >= ENOUGH and len(straight) == len(vectors):
        return "right direction, wrong length"
    return None


def _rough(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype.itemsize < 8


def _same(a: Any, b: Any) -> bool:
    with np.errstate(all="ignore"):
        return np.shape(b) in ((), np.shape(a)) and bool(np.allclose(a, b, rtol=1e-6, atol=0))


FORMULAS = {  # factors worth recognising, made of one input p and of t
    "{p}": lambda p, t: p,
    "(1 / {p})": lambda p, t: 1 / p,
    "(1 - {p})": lambda p, t: 1 - p,
    "(1 / (1 - {p}))": lambda p, t: 1 / (1 - p),
    "{p}**2": lambda p, t: p**2,
    "sqrt({p})": lambda p, t: np.sqrt(p),
    "(1 / sqrt({p}))": lambda p, t: 1 / np.sqrt(p),
    "(1 - {p}**t)": lambda p, t: 1 - p**t,
    "(1 / (1 - {p}**t))": lambda p, t: 1 / (1 - p**t),
    "sqrt(1 - {p}**t)": lambda p, t: np.sqrt(1 - p**t),
}


def _formulas(name: str) -> Iterator[tuple[str, Any]]:
    for formula, shape in FORMULAS.items():
        for sign in ("", "-"):
            text = sign + formula.replace("{p}", name)
            yield text, _evaluated(name, shape, -1.0 if sign else 1.0)


def _evaluated(name: str, shape: Any, sign: float) -> Any:
    def factor(case: Case) -> Any:
        with np.errstate(all="ignore"):
            return sign * shape(np.asarray(case.inputs[name], float), case.inputs.get("t", 1))

    return factor


def _by_sign(compared: Sequence[Comparison]) -> tuple[str, str] | None:
    """Say when exactly the elements with a positive, or a negative, input are right."""
    for name in ("g", "x"):
        signs: dict[bool, set[bool]] = {True: set(), False: set()}
        for c in compared:
            value = c.case.inputs.get(name)
            if isinstance(value, np.ndarray) and all(g.shape == value.shape for g in c.got):
                right = np.logical_and.reduce([_right(c, slot) for slot in range(len(c.got))])
                for sign, ok in zip(np.sign(value).ravel(), right.ravel(), strict=True):
                    if sign:
                        signs[bool(sign > 0)].add(bool(ok))
        for positive, word, other in (
            (True, "positive", "negative"),
            (False, "negative", "positive"),
        ):
            if signs[positive] == {True} and signs[not positive] == {False}:
                text = f"It is right where `{name}` is {word} and wrong where it is {other}."
                return text, f"wrong for {other} `{name}`"
    return None


def _right(c: Comparison, slot: int) -> np.ndarray:
    with np.errstate(all="ignore"):
        off = abs(c.got[slot] - c.wanted.values[slot])
        return np.asarray(off <= c.wanted.tolerances[slot])


def _when(compared: Sequence[Comparison]) -> tuple[str, str] | None:
    """When it goes wrong, if only some of the cases do."""
    bad = [c for c in compared if not all(c.agrees)]
    good = [c for c in compared if all(c.agrees)]
    if not good:
        return None
    signed = _by_sign(compared)
    if signed:
        return signed
    special = {c.case.about for c in bad}
    if "" not in special:
        return f"It is right except for {' and for '.join(sorted(special))}.", "special case"
    usual = [c for c in compared if not c.case.about]
    several = [max(value.size for value in c.wanted.values) > 1 for c in usual]
    if (
        sum(several) >= ENOUGH
        and not all(several)
        and several == [not all(c.agrees) for c in usual]
    ):
        text = "It is right for one element and wrong for several: do they get mixed (sum, mean)?"
        return text, "elements mixed"
    if all("t" in c.case.inputs for c in compared):
        late = [c for c in bad if c.case.inputs["t"] > 1]
        early = [c for c in compared if c.case.inputs["t"] == 1]
        if len(late) == len(bad) and early and len(late) >= ENOUGH:
            return "It is right for t = 1 and wrong later.", "right at t = 1, wrong later"
    return None
