"""Find the misconceptions, alone or in pairs, that give exactly the numbers an answer gives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from typing import Any

import numpy as np

from mytutor.checking.comparing import Expected, close, floor_of, largest_of, outputs_of, slots
from mytutor.checking.misconceptions import Misconception, pairs, wrong_version
from mytutor.checking.recording import Case, Output

__all__ = ["Recogniser"]

Version = tuple[tuple[Misconception, ...], Callable[..., Any]]


@cache
def _versions(reference: Any, known: tuple[Misconception, ...]) -> tuple[list[Version], ...]:
    """The wrong versions that one misconception makes, and those that pairs of them make."""
    single: list[Version] = []
    for misconception in known:
        version = wrong_version(reference, misconception)
        if version is not None:
            single.append(((misconception,), version))
    return single, [*pairs(reference, known)]


@lru_cache(maxsize=10_000)
def _outputs(version: Callable[..., Any], case: Case, count: int) -> Any:
    return outputs_of(version, case, count)


@dataclass(frozen=True)
class Recogniser:
    """Compares recorded outputs with what wrong versions of a reference return."""

    reference: Callable[..., Any]
    misconceptions: tuple[Misconception, ...]
    count: int
    cases: Sequence[Case]
    outputs: Sequence[Output]

    def whole(self) -> list[tuple[Misconception, ...]]:
        """The single misconceptions that explain everything, or else the pairs that do."""
        everything = range(self.count)
        if 2 * sum(output.failure is None for output in self.outputs) < len(self.cases):
            return []
        for versions in _versions(self.reference, self.misconceptions):
            fits = [made_of for made_of, version in versions if self.explains(version, everything)]
            if fits:
                return fits
        return []

    def of(self, places: Sequence[int]) -> tuple[Misconception, ...]:
        """The smallest explanation of some outputs; empty when there is none or no single one."""
        for versions in _versions(self.reference, self.misconceptions):
            fits = [made_of for made_of, version in versions if self.explains(version, places)]
            sizes = [sum(len(m.edits) for m in made_of) for made_of in fits]
            if fits:
                return fits[sizes.index(min(sizes))] if sizes.count(min(sizes)) == 1 else ()
        return ()

    def explains(self, version: Callable[..., Any] | None, places: Sequence[int]) -> bool:
        """Whether a version gives the answer's numbers in these outputs, in every case."""
        if version is None or not self._pieces:
            return False
        if version not in self._first_looks:
            self._first_looks[version] = self._agreement(version, *self._pieces[0])
        first = self._first_looks[version]
        if not all(first[place] for place in places):
            return False
        rest = (self._agreement(version, *piece) for piece in self._pieces[1:])
        return all(agrees[place] for agrees in rest for place in places)

    @cached_property
    def _pieces(self) -> list[tuple[Case, Output]]:
        """What is compared, the random arrays first: they tell most versions apart at once."""
        pieces = zip(self.cases, self.outputs, strict=False)
        used = [(c, output) for c, output in pieces if not (c.optional and output.failure)]
        return used[::-1]

    @cached_property
    def _first_looks(self) -> dict[Callable[..., Any], list[bool]]:
        return {}

    def _agreement(self, version: Callable[..., Any], case: Case, output: Output) -> list[bool]:
        """For every output, whether a version gives the same in this case."""
        theirs = _outputs(version, case, self.count)
        if output.failure is not None:
            broken = theirs is None or not all(np.isfinite(value).all() for value in theirs)
            return [broken] * self.count
        got = slots(output.value, self.count)
        if got is None or theirs is None:
            return [False] * self.count
        floor = 10 * floor_of(case)
        return close(got, Expected(theirs, tuple(floor * largest_of(value) for value in theirs)))
