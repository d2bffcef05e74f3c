"""JSON pointers (RFC 6901): places in error messages."""

from __future__ import annotations


def child(place: str, name: str) -> str:
    """Return the pointer to a member of the value at a place."""
    return f"{place}/{name.replace('~', '~0').replace('/', '~1')}"
