"""The pages as they are built: what a search finds, the golden vectors, tables and pictures."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

import pytest

from checkpoint_notify import resources

from ..support.docs import DOCS

WORDS: Final = {
    "kubernetes": "deploying/",
    "fastapi": "recipes/",
    "prometheus": "observing/",
    "opentelemetry": "observing/",
    "sentinel": "deploying/",
    "cluster": "deploying/",
    "tls": "deploying/",
    "acl": "deploying/",
}
KINDS: Final[tuple[resources.VectorKind, ...]] = ("canonical", "unusual", "refused")
_VECTOR: Final = re.compile(
    r'<div class="vector" id="(.*?)"><p>.*?</a> (.*?)</p><pre>.*?<code>(.*?)</code></pre><p>(.*?)</p></div>', re.DOTALL
)


@pytest.mark.parametrize("word", WORDS)
def test_a_search_finds_a_section_that_is_about_it(site: Path, word: str) -> None:
    """The word stands in the title of a section of that page."""
    entries = json.loads((site / "search" / "search_index.json").read_text())["docs"]
    titles = {entry["location"].partition("#")[0] for entry in entries if word in entry["title"].lower()}
    assert WORDS[word] in titles


@pytest.mark.parametrize("kind", KINDS)
def test_each_golden_vector_is_shown(site: Path, kind: resources.VectorKind) -> None:
    """Name, description and Rust's answer; the byte of the error is marked where the vector says that it is."""
    page = (site / "vectors" / kind / "index.html").read_text()
    shown = {name: rest for name, *rest in _VECTOR.findall(page)}
    listed = list(resources.vectors(kind))
    assert [vector.name for vector in listed] == list(shown)
    for vector in listed:
        description, payload, answer = shown[vector.name]
        assert vector.description == html.unescape(description)
        assert payload.count("<mark>") == (kind == "refused")
        if vector.error and vector.error["category"] != "utf8":
            assert vector.error["text"] in html.unescape(answer)
            check_mark(vector, payload)


def check_mark(vector: resources.Vector, shown: str) -> None:
    """What stands before the mark is what stands before Rust's column, in payloads of one short line of ASCII."""
    assert vector.error is not None
    column = vector.error["column"]
    text = vector.payload.decode("latin-1")
    if not (text.isascii() and text.isprintable() and len(text) < 200) or vector.error["text"].startswith("control"):
        return
    before = html.unescape(shown.partition("<mark>")[0])
    assert text[: column if vector.error["category"] == "eof" else max(0, column - 1)] == before, vector.name


def test_the_home_page_says_the_name(site: Path) -> None:
    """In its heading."""
    assert re.search(r"<h1[^>]*>checkpoint-notify<", (site / "index.html").read_text())


def test_each_column_has_a_header(site: Path) -> None:
    """No table of any page has an empty one."""
    assert [] == [
        file.relative_to(site)
        for file in site.rglob("*.html")
        if re.search(r"<th[^>]*>\s*</th>", file.read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize("picture", sorted(DOCS.rglob("*.svg")), ids=lambda file: file.stem)
def test_pictures_are_readable_on_a_phone_and_in_the_dark(picture: Path) -> None:
    """400 pixels wide, no text below 12 pixels, colours for both schemes, a title, and a page that shows it."""
    text = picture.read_text(encoding="utf-8")
    root = ElementTree.fromstring(text)
    assert root.get("width") == "400"
    assert root.get("viewBox", "").split()[2] == "400"
    assert min(map(int, re.findall(r"(?:font|font-size): (\d+)px", text))) >= 12
    assert "prefers-color-scheme: dark" in text
    assert root.find("{*}title") is not None
    used = [page.read_text(encoding="utf-8") for page in DOCS.glob("*.md")]
    assert any(re.search(rf"!\[[^\]]+\]\([\w/]*{picture.name}\)", page) for page in used)


def test_only_columns_scroll(site: Path) -> None:
    """The style sheet wraps signatures and sessions of a terminal, but a wrapped caret would not be below its byte."""
    sessions = re.compile(r'<div class="language-console( columns)? highlight">(.*?)</pre>', re.DOTALL)
    found = []
    for page in ("command-line", "errors"):
        for mark, block in sessions.findall((site / page / "index.html").read_text(encoding="utf-8")):
            text = html.unescape(re.sub(r"<[^>]*>", "", block))
            found.append(bool(mark))
            assert bool(mark) == any(line.strip() == "^" or "   " in line.strip() for line in text.splitlines()), text
    assert {True, False} == set(found)
    rule = re.search(r"([^}]*)\{[^}]*white-space: pre-wrap", (DOCS / "extra.css").read_text(encoding="utf-8"))
    assert rule is not None
    assert ".doc-signature, .language-sh, .language-text, .language-console:not(.columns)" in rule[1]


def test_signatures_fit_beside_the_table_of_contents(site: Path) -> None:
    """A line has 84 columns at most, as the code of the pages."""
    page = (site / "api" / "index.html").read_text(encoding="utf-8")
    texts = re.findall(r'<div class="language-python doc-signature highlight">(.*?)</pre>', page, re.DOTALL)
    lines = [line for text in texts for line in html.unescape(re.sub(r"<[^>]*>", "", text)).splitlines()]
    assert len(texts) > 100
    assert [] == [line for line in lines if len(line) > 84]
