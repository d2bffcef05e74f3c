"""JSON pointers (RFC 6901): places in error messages, and the fragments of references."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_to_bytes

_BAD_PERCENT: Final = re.compile("%(?![0-9A-Fa-f]{2})")
_BAD_TILDE: Final = re.compile("~(?![01])")


def child(place: str, name: str) -> str:
    """Return the pointer to a member of the value at a place."""
    return f"{place}/{name.replace('~', '~0').replace('/', '~1')}"


def from_fragment(fragment: str) -> tuple[str, ...]:
    """Return the names in the path of a URI fragment, from the top; raises ValueError, which says what is wrong."""
    if "#" in fragment:
        raise ValueError("has a second '#': write it %23")
    if _BAD_PERCENT.search(fragment):
        raise ValueError("has a '%' without two hexadecimal digits: write it %25")
    try:
        pointer = unquote_to_bytes(fragment).decode()
    except UnicodeDecodeError:
        raise ValueError("has percent-encoded bytes that are not UTF-8: encode the name as UTF-8") from None
    if pointer and not pointer.startswith("/"):
        raise ValueError("is not a JSON pointer: begin it with #/")
    if _BAD_TILDE.search(pointer):
        raise ValueError("has a '~' without 0 or 1 after it: write it ~0")
    # Replace ~1 first: ~01 stands for the text ~1, not for a slash.
    return tuple(name.replace("~1", "/").replace("~0", "~") for name in pointer.split("/")[1:])
