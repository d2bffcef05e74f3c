"""A page that the build completes says so to who reads it in the repository, where a part is missing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from ..support.docs import DOCS

PAGES: Final = sorted(DOCS.glob("*.md"))
_PART: Final = re.compile(r'^(?:::: |<!-- generated: |--8<-- "(?P<file>[^"]+)")', re.MULTILINE)
_NOTE: Final = re.compile(r"<!-- repository only -->\n(.*?)<!-- end -->\n", re.DOTALL)


def parts(page: Path) -> list[re.Match[str]]:
    """What the build puts into a page."""
    return list(_PART.finditer(page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_with_missing_parts_says_where_they_are(page: Path) -> None:
    """A note follows the heading; its links lead somewhere, and to the folder of each included file."""
    text = page.read_text(encoding="utf-8")
    notes = _NOTE.findall(text)
    assert len(notes) == bool(parts(page))
    for note in notes:
        assert re.match(r"# [^\n]+\n\n<!-- repository only -->\n> In the repository, ", text)
        assert "`make docs`" in note
        links = re.findall(r"\]\(([^)]+)\)", note)
        assert links
        assert [] == [link for link in links if not (page.parent / link).exists()]
        assert {str(Path(part["file"]).parent) for part in parts(page) if part["file"]} <= set(links)


def test_the_pages_with_missing_parts_are_found() -> None:
    """As a check of the test above."""
    found = {page.stem for page in PAGES if parts(page)}
    assert {"api", "command-line", "contract-tests", "message", "observing", "recipes"} == found


def test_the_site_has_no_such_note(site: Path) -> None:
    """There, nothing is missing."""
    shown = [file for file in site.rglob("*.html") if "In the repository, " in file.read_text(encoding="utf-8")]
    assert [] == [file.relative_to(site) for file in shown]


def test_the_named_command_shows_the_docstrings() -> None:
    """`python -m pydoc`, as the page on the API says."""
    (words,) = re.findall(r"`python (-m pydoc [\w.]+)`", (DOCS / "api.md").read_text(encoding="utf-8"))
    done = subprocess.run([sys.executable, *words.split()], capture_output=True, text=True, check=True)
    assert "Listens to the channel of one instance" in done.stdout
