"""Code blocks of Markdown documents, and programs that run them as a reader would: in order, in one folder.

A block is followed by what it prints, if that is shown: the next block, of the language `text`; `…` stands for any part
of a line. What else a block needs is said by a comment on the line before it, which the reader does not see:

    <!-- test: leave running -->       a shell block that goes on until the page ends; it is waited for to subscribe
    <!-- test: from what runs -->      a text block: what that one has printed next
    <!-- test: exit 1 -->              a block that ends with this exit status
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent.parent
DOCS: Final = ROOT / "docs"

_BLOCK: Final = re.compile(
    r"(?:^<!-- test: (?P<order>[^\n]*) -->\n)?^(?P<fence>```+)(?P<head>[^\n`]*)\n(?P<text>.*?)^(?P=fence)$",
    re.MULTILINE | re.DOTALL,
)
_TITLE: Final = re.compile(r'title="([^"]+)"')
_INCLUDE: Final = re.compile(r'\s*--8<-- "([^"]+)"\s*')


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    document: Path
    line: int
    """Where its fence is, from 1."""
    language: str
    title: str | None
    """The name of the file that it shows, if any."""
    order: str | None
    """What the comment before it says."""
    text: str

    @property
    def place(self) -> str:
        """Where it is, for people to read."""
        return f"{self.document.relative_to(ROOT)}:{self.line}"

    @property
    def included(self) -> Path | None:
        """The file that stands in its place, if it is nothing but that."""
        match = _INCLUDE.fullmatch(self.text)
        return DOCS / match[1] if match else None


def blocks(document: Path) -> list[Block]:
    """All fenced blocks of a document."""
    return list(_blocks(document, document.read_text(encoding="utf-8")))


def _blocks(document: Path, text: str) -> Iterator[Block]:
    for match in _BLOCK.finditer(text):
        language, _, attributes = match["head"].strip().partition(" ")
        title = _TITLE.search(attributes)
        line = text.count("\n", 0, match.start("fence")) + 1
        yield Block(document, line, language, title[1] if title else None, match["order"], match["text"])


def agrees(shown: str, printed: str) -> bool:
    """Whether this is what a document shows; `…` stands for any part of a line, spaces at its end for nothing."""
    pattern = ".*".join(map(re.escape, _trimmed(shown).split("…")))
    return re.fullmatch(pattern, _trimmed(printed)) is not None


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
