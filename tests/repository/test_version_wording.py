"""What `version` promises is said in the same words wherever it is said, and its reasons once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from ..support.docs import DOCS, ROOT

SAYING: Final = "grows within one run of one producer, and a new run may start again"
SAID_IN: Final = (
    "README.md",
    "docs/questions.md",
    "python/checkpoint_notify/_generated.py",
    "python/checkpoint_notify/_sync/listener.py",
    "schema/checkpoint_notification.schema.json",
)
REASONS: Final = ("docs/questions.md", "unix time")
"""One upstream producer uses the training step and another this: only there."""
OF_RUST: Final = "A comment in the Rust crate says that the version increases; nothing checks that."
_CLAIM: Final = re.compile(
    "|".join(
        (
            r"\b(?:version`?|versions) (?:only )?(?:grows?|increases?|restarts?)\b",
            r"\bit (?:only )?(?:grows|increases)\b",
            r"\bonly grows\b",
            r"\bmonotonic\w* increas",
            r"\b(?:starts?|begins?) (?:again|over)\b",
        )
    )
)


def texts() -> Iterator[Path]:
    """What a user reads: documents, docstrings, help and the schema."""
    yield from (ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md"))
    yield from sorted(DOCS.rglob("*.md"))
    yield from sorted(DOCS.rglob("*.py"))
    yield from sorted((ROOT / "python").rglob("*.py"))
    yield from sorted((ROOT / "schema").glob("*.json"))


def words(text: str) -> str:
    """The text on one line, without the links of Markdown and the signs of comments."""
    return " ".join(re.sub(r"\]\([^)]*\)|[\[#]|^ *> ", "", text, flags=re.MULTILINE).split())


def other_claims(text: str) -> list[str]:
    """What a text says about the growth of `version` in other words, each with its surroundings."""
    text = words(text).replace(OF_RUST, "")
    about = re.sub(rf"`?(?:version`?|it) {SAYING}|Number of this checkpoint; it {SAYING}", "", text)
    found = [about[max(0, match.start() - 80) : match.end() + 40] for match in _CLAIM.finditer(about)]
    return [claim for claim in found if re.search(r"\bversion|run", claim) and "JSON report" not in claim]


@pytest.mark.parametrize("file", list(texts()), ids=lambda file: str(file.relative_to(ROOT)))
def test_no_text_says_it_in_other_words(file: Path) -> None:
    """It is in the schema's words, or not at all."""
    assert [] == other_claims(file.read_text(encoding="utf-8"))


def test_it_is_said_where_readers_look() -> None:
    """In these texts and no others."""
    found = [str(file.relative_to(ROOT)) for file in texts() if SAYING in words(file.read_text(encoding="utf-8"))]
    assert sorted(SAID_IN) == sorted(found)


def test_the_reasons_are_given_once() -> None:
    """What the two upstream producers do is on one page."""
    page, reason = REASONS
    counts = {str(file.relative_to(ROOT)): words(file.read_text(encoding="utf-8")).count(reason) for file in texts()}
    assert {page: 1} == {name: count for name, count in counts.items() if count}


@pytest.mark.parametrize(
    "text",
    [
        "The version only grows.",
        "`version` increases with each message.",
        "Do not use it if a new run may start again at version 1.",
        "a version that only grows",
        "Monotonically increasing version number",
        "producers start again at version 1",
    ],
)
def test_other_words_are_found(text: str) -> None:
    """As a check of the tests above."""
    assert other_claims(text.lower())


def test_the_agreed_words_are_not_found() -> None:
    """As a check of the tests above."""
    assert [] == other_claims(f"`version` {SAYING}: look at the file.")
