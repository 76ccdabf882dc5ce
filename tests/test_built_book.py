"""The built pages: whole, made from the present sources, and in need of no network."""

from __future__ import annotations

import re
import sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
import yaml

from mytutor._sphinx import source_hash

ROOT = Path(__file__).resolve().parent.parent
BOOK = ROOT / "_build" / "html"
sys.path.insert(0, str(ROOT / "tools"))
import book as book_tool  # noqa: E402

# Attributes by which a page loads something; an <a> to elsewhere only offers to go there.
LOADING = {
    ("img", "src"),
    ("img", "srcset"),
    ("script", "src"),
    ("link", "href"),
    ("iframe", "src"),
    ("source", "src"),
    ("video", "src"),
    ("audio", "src"),
    ("object", "data"),
    ("embed", "src"),
    ("use", "href"),
    ("image", "href"),
    ("form", "action"),
}
VOID = set("area base br col embed hr img input link meta source track wbr".split())
HIDDEN = {"script", "style", "head", "svg", "template"}
REMOTE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)
CSS_ADDRESS = re.compile(r"""url\(\s*['"]?([^'")]+)|@import\s+['"]([^'"]+)""")
# A path has a slash between letters; 2/11 is a number.
PATH_LIKE = re.compile(
    r"\.(png|jpe?g|svg|gif)\b|[a-z_.]/[a-z_.]|^(image|figure|plot)\s*\d*$", re.IGNORECASE
)


class Page(HTMLParser):
    """What the checks below need to know of one HTML file."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded, self.links, self.ids, self.images = [], [], [], []
        self.styles, self.meta, self.headings = [], {}, 0
        self.titles, self.language, self.open = [], "", []
        self.visible: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        given = {name: value or "" for name, value in attributes}
        # The theme repeats the heading once, for print only.
        self.headings += tag == "h1" and self.ids[-1:] != ["jb-print-docs-body"]
        self.ids += [given["id"]] if "id" in given else []
        self.loaded += [given[name] for kind, name in LOADING if kind == tag and name in given]
        self.styles += [given["style"]] if "style" in given else []
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag == "img":
            self.images.append(given)
        if tag == "html":
            self.language = given.get("lang", "")
        if tag == "meta":
            self.meta[given.get("name")] = given.get("content", "")
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag in self.open:
            while self.open.pop() != tag:
                pass

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.styles.append(data)
        if "title" in self.open and "svg" not in self.open:
            self.titles.append(data)
        if not HIDDEN.intersection(self.open):
            self.visible.append(data)


@cache
def page(file: Path) -> Page:
    """Read an HTML file once."""
    return Page(file.read_text())


def chapters() -> list[str]:
    """List the pages of the table of contents, without their suffixes."""
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text())
    parts = [entry["file"] for part in contents["parts"] for entry in part["chapters"]]
    return [contents["root"], *parts]


def html_files() -> list[Path]:
    """List every page of the book; the theme's own templates lie under _static."""
    return [f for f in sorted(BOOK.rglob("*.html")) if "_static" not in f.relative_to(BOOK).parts]


def source_of(name: str) -> Path:
    """Find the file that a page is made from."""
    return next(file for end in (".ipynb", ".md") if (file := ROOT / f"{name}{end}").exists())


def remote(addresses):
    """Keep the addresses that lead out of the folder of the book."""
    return [address for address in addresses if REMOTE.match(address.strip())]


def css_addresses(text: str) -> list[str]:
    """List what a style sheet loads."""
    return [url or imported for url, imported in CSS_ADDRESS.findall(text)]


def dead_ends(file: Path, addresses: list[str], root: Path = BOOK) -> list[str]:
    """List the local addresses in a file that lead to no file, or to no place in one."""
    dead = []
    for address in addresses:
        parts = urlsplit(address)
        if parts.scheme or parts.netloc or address in ("", "#"):
            continue
        target = (file.parent / unquote(parts.path)).resolve() if parts.path else file
        inside = target.is_file() and target.is_relative_to(root)
        place = unquote(parts.fragment)
        if not inside or (place and target.suffix == ".html" and place not in page(target).ids):
            dead.append(address)
    return dead


def picture_faults(image: dict[str, str]) -> str:
    """Say what is wrong with the description of a picture; '' when nothing is."""
    if "alt" not in image:
        return "no alt"
    alt = image["alt"].strip()
    decorative = alt == "" and "logo__image" in image.get("class", "")
    if decorative:
        return ""
    return "empty or a path" if len(alt) < 8 or PATH_LIKE.search(alt) else ""


@pytest.fixture(autouse=True)
def built(book):
    """Every test here needs the book."""
    return book


def test_the_book_is_built_from_the_present_sources():
    assert book_tool.is_current(ROOT), "the built book is stale: run `make book`"


def test_there_is_a_page_for_every_chapter_and_no_other():
    found = {str(file.relative_to(BOOK).with_suffix("")) for file in html_files()}
    assert found == {*chapters(), "index", "search"}


@pytest.mark.parametrize("name", chapters())
def test_a_page_is_made_from_its_source_as_it_is_now(name):
    source, built_page = source_of(name), page(BOOK / f"{name}.html")
    assert built_page.meta["source"] == str(source.relative_to(ROOT))
    assert built_page.meta["source-sha256"] == source_hash(source)


def words(text: str) -> str:
    """Reduce a text to what is left of it in any layout."""
    return re.sub(r"\s+", "", text)


@pytest.mark.parametrize("name", [n for n in chapters() if source_of(n).suffix == ".ipynb"])
def test_a_page_shows_the_outputs_that_the_notebook_stores(name):
    shown = words("".join(page(BOOK / f"{name}.html").visible))
    for cell in nbformat.read(source_of(name), as_version=4).cells:
        if "remove-cell" in cell.metadata.get("tags", []):
            continue
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                assert words(output.text) in shown, output.text


def test_the_start_page_leads_to_the_first_page():
    assert "url=book/index.html" in (BOOK / "index.html").read_text()


@pytest.mark.parametrize("name", [*chapters(), "search"])
def test_a_page_has_one_heading_a_title_and_a_language(name):
    read = page(BOOK / f"{name}.html")
    assert (read.headings, read.language) == (1, "en")
    assert "".join(read.titles).strip()
    assert len(read.ids) == len(set(read.ids)), "an id is used twice"


@pytest.mark.parametrize("name", [*chapters(), "search"])
def test_a_page_loads_nothing_from_elsewhere(name):
    read = page(BOOK / f"{name}.html")
    assert remote(read.loaded) == []
    assert remote(css_addresses("\n".join(read.styles))) == []


def test_no_style_sheet_loads_from_elsewhere_or_from_nowhere():
    for file in BOOK.rglob("*.css"):
        asked = [a for a in css_addresses(file.read_text()) if not a.startswith("data:")]
        assert remote(asked) == [], file
        assert dead_ends(file, asked) == [], file


@pytest.mark.parametrize("name", [*chapters(), "search"])
def test_a_page_has_no_dead_link(name):
    file = BOOK / f"{name}.html"
    assert dead_ends(file, page(file).links + page(file).loaded) == []


@pytest.mark.parametrize("name", chapters())
def test_every_picture_is_described(name):
    faults = {i.get("src", "")[-40:]: picture_faults(i) for i in page(BOOK / f"{name}.html").images}
    assert {src: fault for src, fault in faults.items() if fault} == {}


def test_the_book_is_small_enough_to_be_copied():
    size = sum(file.stat().st_size for file in BOOK.rglob("*") if file.is_file())
    assert size < 40_000_000


# The checks themselves


def test_what_leads_out_of_the_book_is_seen():
    asked = ["https://a.org/x.js", "//a.org/x.css", "../_static/x.js", "data:image/png;base64,AA"]
    assert remote(asked) == asked[:2]


def test_a_script_from_elsewhere_is_seen_and_a_link_is_not():
    text = '<a href="https://a.org">a</a><script src="https://a.org/x.js"></script>'
    assert Page(text).loaded == ["https://a.org/x.js"]


def test_the_addresses_in_a_style_sheet_are_seen():
    text = "@import 'https://a.org/b.css'; p { background: url(\"c.png\") } q { src: url(d.woff) }"
    assert css_addresses(text) == ["https://a.org/b.css", "c.png", "d.woff"]


def test_dead_files_and_places_are_seen(tmp_path):
    one, two = tmp_path / "one.html", tmp_path / "two.html"
    one.write_text('<h1 id="here">One</h1>')
    two.write_text("<p>Two</p>")
    asked = ["one.html#here", "one.html#gone", "three.html", "#gone", "two.html", "https://a.org"]
    assert dead_ends(two, asked, tmp_path) == ["one.html#gone", "three.html", "#gone"]


@pytest.mark.parametrize(
    "image",
    [
        {},
        {"alt": ""},
        {"alt": "../_images/abc.png"},
        {"alt": "figure 3"},
        {"alt": "", "class": "other"},
    ],
)
def test_a_picture_without_a_description_is_seen(image):
    assert picture_faults(image)


def test_a_described_or_decorative_picture_passes():
    assert picture_faults({"alt": "The loss falls and then rises again"}) == ""
    assert picture_faults({"alt": "", "class": "logo__image only-light"}) == ""
