"""The golden vectors as pages, made when the site is built."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Iterator

from checkpoint_notify import CheckpointNotification, DecodeError
from checkpoint_notify.cli._terminal import place
from checkpoint_notify.resources import Vector, VectorKind, vectors

LONGEST = 400
"""Bytes of a payload that are shown; a few have 100,000."""

INTRODUCTIONS: dict[VectorKind, str] = {
    "canonical": """# Canonical vectors

Payloads as Rust writes them. Both languages read each one and write the same bytes
again; only the order of the entries of a map is free.
""",
    "unusual": """# Unusual vectors

Payloads that Rust reads and never writes. Below each payload is the message that
Rust reads, as it would write it.
""",
    "refused": """# Refused vectors

Payloads that Rust refuses. The marked byte is the one at which Rust stopped; the
mark "end" says that the payload ends too early. Below is Rust's answer.
""",
}
# 800 payloads are nothing to look words up in.
HEAD = "---\nsearch:\n  exclude: true\n---\n"
LEGEND = f"""
There are COUNT of them, and each answer is that of the real Rust crate. `<0A>`
stands for a control character, `<FF>` for a byte that is not UTF-8, `<U+200B>` for
a character that shows nothing. Of a long payload {LONGEST} bytes are shown.
"""


def pages() -> Iterator[tuple[str, str]]:
    """Path and Markdown of each page."""
    for kind, words in INTRODUCTIONS.items():
        listed = list(vectors(kind))
        legend = LEGEND.replace("COUNT", str(len(listed)))
        sections = "\n".join(map(_section, listed))
        yield f"vectors/{kind}.md", f"{HEAD}{words}{legend}\n{sections}"


def _section(vector: Vector) -> str:
    name, about = html.escape(vector.name), html.escape(vector.description)
    payload, answer = _answer(vector)
    return (
        f'<div class="vector" id="{name}">'
        f'<p><a href="#{name}"><code>{name}</code></a> {about}</p>'
        f"<pre><code>{payload}</code></pre><p>{answer}</p></div>\n"
    )


def _answer(vector: Vector) -> tuple[str, str]:
    """The payload and what Rust says of it, in HTML."""
    try:
        read = CheckpointNotification.from_json(vector.payload)
    except DecodeError as error:
        shown = _marked(vector.payload, place(vector.payload, error))
        return shown, f"Rust: {_rust(vector)}"
    shown = _excerpt(vector.payload)
    if vector.kind == "canonical":
        return shown, "Rust: accepted"
    return shown, f"Rust reads: <code>{_excerpt(read.to_json_bytes())}</code>"


def _rust(vector: Vector) -> str:
    error = vector.error or {}
    if error["category"] == "utf8":
        return f"not UTF-8, from byte {error['offset']} on"
    text, category = html.escape(error["text"]), error["category"]
    return f"<code>{text}</code> ({category})"


def _marked(payload: bytes, at: int) -> str:
    """The payload with the byte at this place marked, or a sign behind its end."""
    low = max(0, at - LONGEST // 2)
    before, marked, behind = (
        payload[low:at],
        payload[at : at + 1],
        payload[at + 1 :],
    )
    while marked and behind and behind[0] & 0xC0 == 0x80 and not _is_text(marked):
        marked, behind = marked + behind[:1], behind[1:]  # the whole character
    shown = _visible(marked) if marked else "end"
    cut = f"… ({low:,} bytes) " if low else ""
    return f"{cut}{_visible(before)}<mark>{shown}</mark>{_excerpt(behind)}"


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _excerpt(payload: bytes) -> str:
    left = len(payload) - LONGEST
    return _visible(payload[:LONGEST]) + (
        f" … ({left:,} bytes)" if left > 0 else ""
    )


def _visible(data: bytes) -> str:
    text = data.decode(errors="surrogateescape")
    return html.escape("".join(map(_picture, text)), quote=False)


def _picture(char: str) -> str:
    code = ord(char)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8
        return f"<{code - 0xDC00:02X}>"
    if code < 0x20 or code == 0x7F:
        return f"<{code:02X}>"
    hidden = not char.isprintable() or unicodedata.category(char) in (
        "Mn",
        "Lm",
        "Me",
    )
    return f"<U+{code:04X}>" if hidden else char
