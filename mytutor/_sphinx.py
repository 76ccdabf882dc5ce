"""What the book needs from Sphinx beyond its settings: everything offline, no page unaccounted for.

Loaded by ``sphinx.local_extensions`` in ``_config.yml``; no other module imports it.
"""

from __future__ import annotations

import hashlib
import inspect
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.config import Config

from mytutor import rules, trace
from mytutor.surfaces import Surface

EXPLORE = Path(__file__).parent / "explore"
ENGINE = ("engine.js", "engine.css")
# The whole of MathJax is 21 MB; a page with formulas loads these, the extensions on demand.
MATHJAX = ("tex-chtml.js", "output/chtml/fonts/woff-v2", "input/tex/extensions")


def add_engine(app: Sphinx, config: Config) -> None:
    """Put the engine of the explorables beside the book's own static files, on every page."""
    for name in ENGINE:
        config.html_static_path.append(str(EXPLORE / name))
        if name.endswith(".js"):
            app.add_js_file(name, loading_method="defer")
        else:
            app.add_css_file(name)


def mathjax_folder() -> Path:
    """Find the copy of MathJax that the package sphinx-mathjax-offline brings."""
    spec = find_spec("sphinx-mathjax-offline")
    if spec is None or spec.origin is None:
        raise RuntimeError("sphinx-mathjax-offline is not installed: run `make book`")
    return Path(spec.origin).parent / "static" / "mathjax"


def copy_mathjax(app: Sphinx) -> None:
    """Copy only the files of MathJax that a page can ask for."""
    source, target = mathjax_folder(), Path(app.outdir) / "_static" / "mathjax"
    for name in MATHJAX:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name, dirs_exist_ok=True)
        else:
            shutil.copyfile(source / name, target / name)


def source_hash(file: Path) -> str:
    """Hash a page's source file as the page's own ``source-sha256`` does."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def name_source(
    app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
) -> None:
    """Write into a page which version of which file it was made from."""
    if pagename in app.env.found_docs:
        file = Path(app.env.doc2path(pagename))
        name = file.relative_to(app.srcdir).as_posix()
        context["metatags"] = (
            context.get("metatags", "")
            + f'\n<meta name="source" content="{name}" />'
            + f'\n<meta name="source-sha256" content="{source_hash(file)}" />'
        )


def add_formula(
    app: Sphinx, what: str, name: str, entry: Any, options: Any, lines: list[str]
) -> None:
    """Put the formula of a rule, read from its source, into its entry of the reference."""
    if what == "function" and entry.__module__ == rules.__name__:
        lines[1:1] = ["", ".. math::", "", f"   {trace.latex(entry)}", ""]


def add_surfaces(
    app: Sphinx, what: str, name: str, entry: Any, options: Any, lines: list[str]
) -> None:
    """List the surfaces of a module, which are values and not functions, with their formulas."""
    if what != "module":
        return
    for key in getattr(entry, "__all__", ()):
        surface = getattr(entry, key)
        if isinstance(surface, Surface):
            text = inspect.getdoc(surface.value) or ""
            where = ", ".join(f"({x:.6g}, {y:.6g})" for x, y in surface.minima) or "none"
            formula = f"f(x, y) = {trace.latex_surface(surface)}"
            body = [*text.splitlines(), "", f".. math:: {formula}", "", f"Minima: {where}."]
            lines += ["", f".. py:data:: {key}", "", *(f"   {line}".rstrip() for line in body), ""]


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect the hooks."""
    app.connect("config-inited", add_engine)
    app.connect("builder-inited", copy_mathjax)
    app.connect("html-page-context", name_source)
    app.connect("autodoc-process-docstring", add_formula)
    app.connect("autodoc-process-docstring", add_surfaces)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
