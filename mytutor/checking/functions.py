"""Questions whose answer is a function: implement one, or repair one that is given."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from mytutor.checking.comparing import (
    Expected,
    close,
    expected,
    floor_of,
    slots,
)
from mytutor.checking.describing import Comparison, describe, describe_whole
from mytutor.checking.faults import Fault, changed_inputs, fault_of, is_unfinished, parameter_fault
from mytutor.checking.misconceptions import Misconception, syntax_tree, wrong_version
from mytutor.checking.plain import Unknown, show, show_code, type_name
from mytutor.checking.recognising import Recogniser
from mytutor.checking.recording import Case, Recording, parameters_of
from mytutor.checking.verdict import (
    CORRECT,
    NOT_ATTEMPTED,
    NOT_YET,
    Counterexample,
    Difference,
    Note,
    Verdict,
)

__all__ = ["FunctionQuestion"]

IN_PLACE = "in-place change of the inputs"
HIDDEN_STATE = "remembers something between calls"
FORGETFUL = (
    "Called a second time with the same inputs, it gives something else: it "
    f"{HIDDEN_STATE}, in a global, an attribute or a default value, or it uses chance. All it "
    "needs comes in by its parameters."
)


@dataclass(frozen=True, eq=False)
class FunctionQuestion:
    """A function to write or to repair, compared with a function of the library.

    ``variable`` is the name the student gives it. ``outputs`` names what it returns.
    ``make_cases`` turns a random generator into cases,
    the smallest first. ``given`` is the misconception that a function to repair starts with.
    ``kind`` is 'implement', 'find the bug' or 'derive'.
    ``why`` is the paragraph shown beside the solution, ``page`` the chapter's file
    under ``book/``, and ``section`` what to read again when a misconception doesn't say otherwise.
    """

    name: str
    reference: Callable[..., Any]
    outputs: tuple[str, ...]
    make_cases: Callable[[np.random.Generator], list[Case]]
    misconceptions: tuple[Misconception, ...]
    hints: tuple[str, str, str]
    why: str
    chapter: str
    page: str
    variable: str
    section: str = "The rule"
    given: Misconception | None = None
    kind: str = "implement"

    def cases(self, seed: int) -> Sequence[Case]:
        """The calls that an answer must get right; another seed gives other numbers."""
        return _cases_of(self, seed)

    def solution(self) -> Note:
        """The reference, as it stands in the library, without its docstring."""
        source = textwrap.dedent(inspect.getsource(self.reference))
        first = ast.parse(source).body[0].body[0].lineno  # type: ignore[attr-defined]
        body = syntax_tree(self.reference).body[0].lineno
        lines = source.splitlines()
        return Note(
            f"Solution: {self.name}",
            (self.why,),
            "\n".join([*lines[: first - 1], *lines[body - 1 :]]),
        )

    def judge(self, cases: Sequence[Case], recording: Recording) -> Verdict:
        """The verdict on recorded outputs; a pure function."""
        return _Judgement(self, cases, recording).verdict()


@dataclass(frozen=True)
class _Judgement:
    question: FunctionQuestion
    cases: Sequence[Case]
    recording: Recording

    def verdict(self) -> Verdict:
        early = self._not_attempted() or self._no_function()
        if early:
            return early
        wanted = [expected(self.question.reference, case, self._count) for case in self.cases]
        outputs = self.recording.outputs
        found = [
            fault_of(i, self.cases[i], output, wanted[i], self.question.outputs)
            for i, output in enumerate(outputs)
        ]
        faults = [fault for fault in found if fault]
        if not faults:
            return self._slow() or self._forgetful(wanted) or self._correct(wanted)
        if faults[0].kind in ("values", "raises"):
            return self._explained(faults, wanted)
        if faults[0].kind == "changed":
            wrong = [fault for fault in faults if fault.kind == "values"]
            return self._explained(wrong, wanted) if wrong else self._changed(faults[0])
        return self._not_yet(faults[0].message, example=self._example(faults[0], wanted))

    @property
    def _count(self) -> int:
        return len(self.question.outputs)

    def _not_attempted(self) -> Verdict | None:
        question, recording = self.question, self.recording
        name, original = question.variable, question.reference
        if is_unfinished(recording):
            message = f"Fill in `{name}` where it says `...`, run its cell, then this one again."
        elif recording.origin == f"{original.__module__}.{original.__qualname__}":
            message = f"This is the library's own `{name}`. Write yours, then check that."
        elif self._is_as_given():
            message = f"`{name}` still computes what the version you were given computes."
        else:
            return None
        return self._verdict(NOT_ATTEMPTED, message)

    def _is_as_given(self) -> bool:
        question = self.question
        if question.given is None:
            return False
        version = wrong_version(question.reference, question.given)
        return self._recogniser.explains(version, range(self._count))

    def _no_function(self) -> Verdict | None:
        question, recording = self.question, self.recording
        name = question.variable
        if recording.kind != "function":
            what = "a class" if recording.kind == "class" else f"an {recording.kind}"
            if recording.kind == "value":
                what = _in_words(recording.value)
            check = f'`tutor.check("{question.name}", {name})`'
            return self._not_yet(
                f"The answer is {what}, not a function. Check it like this: {check}."
            )
        if recording.parameters is not None:
            wanted = parameters_of(question.reference) or ()
            message = parameter_fault(recording.parameters, wanted)
            if message:
                return self._not_yet(message, ("wrong parameters",))
        return None

    # -- when something is wrong ---------------------------------------------------------------

    def _explained(self, faults: Sequence[Fault], wanted: Sequence[Expected]) -> Verdict:
        first = faults[0]
        example = self._example(first, wanted)
        changed = self.recording.outputs[first.case].changed
        also = (changed_inputs(changed),) if changed else ()
        names = (IN_PLACE,) if changed else ()
        matches = self._recogniser.whole()
        if matches:
            message, section = _named(matches)
            section = section or self.question.section
            names = (*(m.name for match in matches for m in match), *names)
            return self._not_yet(message, _once(names), example, also, section)
        if self._unstable():
            return self._not_yet(FORGETFUL, (HIDDEN_STATE, *names), example, also)
        if first.kind == "raises":
            return self._not_yet(first.message, names, example, also)
        whole = describe_whole(self.question.outputs, self._compared(wanted))
        if whole:
            return self._not_yet(whole[0], (*whole[1], *names), example, also)
        partly = self._recognised_by_slot(wanted)
        message, patterns = describe(self.question.outputs, self._compared(wanted), set(partly))
        found = [f"`{slot}` comes out as with: {m.name}. {m.says}" for slot, m in _flat(partly)]
        names = (*(m.name for _, m in _flat(partly)), *patterns, *names)
        raised = [fault.message for fault in faults if fault.kind == "raises"][:1]
        found += [text.replace("It raises", "In other cases it raises", 1) for text in raised]
        return self._not_yet(" ".join([message, *found]), _once(names), example, also)

    @cached_property
    def _recogniser(self) -> Recogniser:
        question, outputs = self.question, self.recording.outputs
        known = question.misconceptions
        return Recogniser(question.reference, known, self._count, self.cases, outputs)

    def _recognised_by_slot(
        self, wanted: Sequence[Expected]
    ) -> dict[str, tuple[Misconception, ...]]:
        """For outputs that are wrong independently of each other, what explains each alone."""
        compared = self._compared(wanted)
        wrong = [n for n in range(self._count) if not all(c.agrees[n] for c in compared)]
        if len(wrong) < 2:
            return {}
        right = [n for n in range(self._count) if n not in wrong]
        found = {self.question.outputs[n]: self._recogniser.of([n, *right]) for n in wrong}
        return {name: explanation for name, explanation in found.items() if explanation}

    def _compared(self, wanted: Sequence[Expected]) -> list[Comparison]:
        compared = []
        for case, output, right in zip(self.cases, self.recording.outputs, wanted, strict=False):
            got = slots(output.value, self._count)
            shapes = [value.shape for value in right.values]
            if got is not None and [value.shape for value in got] == shapes:
                compared.append(Comparison(case, right, got))
        return compared

    def _changed(self, fault: Fault) -> Verdict:
        call = Counterexample(self._call(self.cases[fault.case]))
        return self._not_yet(f"The values are right. {fault.message}", (IN_PLACE,), call)

    def _slow(self) -> Verdict | None:
        done = len(self.recording.outputs)
        if self.recording.in_time or done == len(self.cases):
            return None
        message = "It takes too long: the check was stopped after about a second."
        if done == 0:
            message += " Is there a loop that never ends, or a pause?"
        return self._not_yet(message, ("too slow",), Counterexample(self._call(self.cases[done])))

    def _forgetful(self, wanted: Sequence[Expected]) -> Verdict | None:
        """Reject an answer that gives something else when it is called again."""
        calls = list(enumerate(self.cases))[::-1]
        for (index, case), output in zip(calls, self.recording.again, strict=False):
            if fault_of(index, case, output, wanted[index], self.question.outputs):
                call = Counterexample(self._call(case))
                return self._not_yet(FORGETFUL, (HIDDEN_STATE,), call)
        return None

    def _unstable(self) -> bool:
        """Whether the second round gave other values than the first."""
        outputs, again = self.recording.outputs, self.recording.again[::-1]
        if len(outputs) != len(again):
            return False
        values = [
            (slots(a.value, self._count), slots(b.value, self._count))
            for a, b in zip(outputs, again, strict=True)
        ]
        return not all(_identical(a, b) for a, b in values if a is not None and b is not None)

    # -- saying it -----------------------------------------------------------------------------

    def _correct(self, wanted: Sequence[Expected]) -> Verdict:
        unfit = self._unfit(wanted)
        remarks = [f"it doesn't work for {' and for '.join(unfit)}."] if unfit else []
        pieces = zip(self.cases, self.recording.outputs, strict=True)
        if any(_widened(case, slots(output.value, self._count)) for case, output in pieces):
            remarks.append("given float32 it returns float64, which takes twice the memory.")
        many = len(self.cases) - len(unfit)
        return self._verdict(CORRECT, f"All {many} cases come out right.", remarks=tuple(remarks))

    def _unfit(self, wanted: Sequence[Expected]) -> list[str]:
        """The optional cases that an otherwise right answer can't be called with."""
        pieces = enumerate(zip(self.cases, self.recording.outputs, wanted, strict=True))
        names = self.question.outputs
        return [
            case.about
            for index, (case, output, right) in pieces
            if fault_of(index, replace(case, optional=False), output, right, names)
        ]

    def _not_yet(
        self,
        message: str,
        diagnosis: tuple[str, ...] = (),
        example: Counterexample | None = None,
        remarks: tuple[str, ...] = (),
        section: str = "",
    ) -> Verdict:
        return self._verdict(NOT_YET, message, diagnosis, example, remarks, section)

    def _verdict(
        self,
        outcome: Any,
        message: str,
        diagnosis: tuple[str, ...] = (),
        example: Counterexample | None = None,
        remarks: tuple[str, ...] = (),
        section: str = "",
    ) -> Verdict:
        printed = self.recording.printed.strip()
        if printed and outcome is not NOT_ATTEMPTED:
            first = printed.splitlines()[0][:80].replace("`", "'")
            remarks = (*remarks, f"while it was checked it printed `{first}` …")
        question = self.question
        return Verdict(
            question.name,
            outcome,
            message,
            diagnosis,
            example,
            remarks,
            question.chapter,
            question.page,
            section,
        )

    def _example(self, fault: Fault, wanted: Sequence[Expected]) -> Counterexample:
        case, right = self.cases[fault.case], wanted[fault.case]
        got = slots(self.recording.outputs[fault.case].value, self._count)
        if got is None:
            return Counterexample(self._call(case))
        pieces = zip(self.question.outputs, right.values, got, close(got, right), strict=True)
        return Counterexample(self._call(case), tuple(_difference(*piece) for piece in pieces))

    def _call(self, case: Case) -> str:
        given = ", ".join(f"{name}={show_code(value)}" for name, value in case.inputs.items())
        return f"{self.question.variable}({given})"


@lru_cache(maxsize=64)
def _cases_of(question: FunctionQuestion, seed: int) -> tuple[Case, ...]:
    """The same cases each time, so that what wrong versions make of them is computed once."""
    return tuple(question.make_cases(np.random.default_rng(seed)))


def _identical(a: Sequence[np.ndarray], b: Sequence[np.ndarray]) -> bool:
    return all(x.shape == y.shape and x.tobytes() == y.tobytes() for x, y in zip(a, b, strict=True))


def _flat(partly: dict[str, tuple[Misconception, ...]]) -> list[tuple[str, Misconception]]:
    return [(slot, m) for slot, explanation in partly.items() for m in explanation]


def _once(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(names))


def _difference(name: str, right: np.ndarray, got: np.ndarray, agrees: bool) -> Difference:
    for digits in (6, 12, 17):
        texts = show(right, digits), show(got, digits)
        if agrees or texts[0] != texts[1]:
            break
    return Difference(name, *texts, agrees)


def _named(matches: Sequence[tuple[Misconception, ...]]) -> tuple[str, str]:
    """Name what was recognised: one misconception, a pair, or a choice where several fit."""
    first = matches[0]
    if len(matches) == 1 and len(first) == 1:
        return f"This is what comes out with: {first[0].name}. {first[0].says}", first[0].section
    if len(matches) == 1:
        a, b = first
        text = f"Two things at once: {a.name}, and {b.name}. {a.says} {b.says}"
        return text, a.section or b.section
    options = "; or ".join(" with ".join(m.name for m in match) for match in matches[:4])
    return f"One of these gives exactly these numbers: {options}.", first[0].section


def _in_words(value: Any) -> str:
    return value.kind if isinstance(value, Unknown) else type_name(value)


def _widened(case: Case, got: Any) -> bool:
    return floor_of(case) == 2e-5 and any(value.dtype == np.float64 for value in got or ())
