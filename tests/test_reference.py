"""The API reference of the book is complete, and what computes something names its source."""

import importlib
import inspect
import pkgutil
import re
from types import FunctionType

import pytest

import mytutor
from mytutor.surfaces import Surface

TOOLS = {"cli", "checking"}
ROOMS = [
    room.name
    for room in pkgutil.iter_modules(mytutor.__path__)
    if room.name not in TOOLS and room.name[0] != "_"
]
# Rooms of algorithms: each function has a paper or a book behind it.
SOURCED = (
    "rules matrix_rules schedules initializers layers losses clipping scaling surfaces datasets "
    "solvers curvature wrappers pretraining"
).split()


def public(room):
    """What a room offers: its __all__, or the functions that it defines."""
    module = importlib.import_module(f"mytutor.{room}")
    own = [
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and value.__module__ == module.__name__ and name[0] != "_"
    ]
    return {name: getattr(module, name) for name in getattr(module, "__all__", own)}


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_name_has_its_entry(room, book):
    pages = (book / "book" / "reference").glob("*.html")
    anchors = set(re.findall(r'id="([\w.]+)"', "".join(page.read_text() for page in pages)))
    described = {name for name, value in public(room).items() if inspect.getdoc(value)}
    found = {name for name in described if f"mytutor.{room}.{name}" in anchors}
    # A plain value, such as a table of gains, is described by its module.
    kinds = (FunctionType, type, Surface)
    entries = {n for n in described if isinstance(public(room)[n], kinds)}
    assert entries or not described
    assert sorted(entries - found) == []


@pytest.mark.parametrize("room", ROOMS)
def test_every_public_function_says_what_it_does_in_one_sentence(room):
    for name, value in public(room).items():
        if inspect.isroutine(value) or inspect.isclass(value):
            summary = (inspect.getdoc(value) or "").split("\n\n")[0]
            assert summary.rstrip().endswith((".", ":")), f"mytutor.{room}.{name}: {summary!r}"


@pytest.mark.parametrize("room", SOURCED)
def test_every_algorithm_names_its_source(room):
    for name, value in public(room).items():
        if inspect.isfunction(value):
            text = inspect.getdoc(value)
            named = re.search(r"\((1[6-9]|20)\d\d\)|Source: ", text)
            assert named, f"mytutor.{room}.{name} names no paper, book or library"
