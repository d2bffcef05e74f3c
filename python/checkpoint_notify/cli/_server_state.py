"""What the server says about itself. All of it may be forbidden, and is then a warning and no more."""

from __future__ import annotations

from typing import Final

from checkpoint_notify.cli._finding import Finding
from checkpoint_notify.cli._server import RefusedError, Server

_ADVICE: Final = "cannot be told with the rights of this user: ask whoever runs the server"
_ROLES: Final = {"master": "primary", "slave": "replica"}
_LIMIT_BYTES: Final = 8 * 1024 * 1024
"""The soft limit that servers come with."""


def role(server: Server) -> Finding:
    """Primary or replica, and whether it is part of a cluster."""
    try:
        info = _fields(server.ask("INFO"))
    except RefusedError as error:
        return Finding("role", str(error), _ADVICE)
    program = f"{info.get('server_name', 'redis')} {info.get('valkey_version') or info.get('redis_version', '')}"
    detail = f"{_ROLES.get(info.get('role', ''), info.get('role', 'unknown'))}, {program}"
    if info.get("role") == "slave":
        primary = f"{info.get('master_host')}:{info.get('master_port')}"
        return Finding(
            "role",
            f"{detail} of {primary}",
            f"what is published here does not reach the primary's subscribers: publish to {primary}",
        )
    if info.get("cluster_enabled") == "1":
        return Finding(
            "role",
            f"{detail}, a node of a cluster",
            "it counts its own subscribers alone: numbers of receivers and subscribers prove nothing here",
        )
    return Finding("role", detail)


def subscribers(server: Server, channel: str) -> Finding:
    """How many are subscribed to the channel, on this server."""
    try:
        count = int(server.ask("PUBSUB", "NUMSUB", channel.encode())[1])
    except RefusedError as error:
        return Finding("subscribers now", str(error), _ADVICE)
    nobody = "" if count else "what is published now is lost: start the consumer, and compare its FKS_INSTANCE_ID"
    return Finding("subscribers now", f"{count} on {channel}", nobody)


def buffer_limit(server: Server) -> Finding:
    """From when on the server drops a subscriber that reads too slowly."""
    try:
        reply = server.ask("CONFIG", "GET", "client-output-buffer-limit")
        hard, soft, seconds = _pubsub_limits(reply)
    except RefusedError as error:
        return Finding("output buffer", str(error), _ADVICE)
    except (ValueError, IndexError, KeyError):
        return Finding("output buffer", "an answer that is no limit", _ADVICE)
    limits = [f"{_size(hard)} at most"] * bool(hard) + [f"{_size(soft)} for {seconds} s"] * bool(soft)
    least = min((limit for limit in (hard, soft) if limit), default=_LIMIT_BYTES)
    small = (
        f"a burst may cost listeners their connection: set client-output-buffer-limit pubsub to {_LIMIT_BYTES} or more"
    )
    return Finding("output buffer", ", or ".join(limits) or "no limit", small if least < _LIMIT_BYTES else "")


def _fields(info: bytes | str) -> dict[str, str]:
    text = info if isinstance(info, str) else info.decode(errors="replace")
    return dict(line.split(":", 1) for line in text.splitlines() if ":" in line)


def _pubsub_limits(reply: dict[bytes, bytes] | list[bytes]) -> tuple[int, int, int]:
    """Bytes, bytes and seconds; 0 is no limit."""
    value = reply[b"client-output-buffer-limit"] if isinstance(reply, dict) else reply[1]
    words = value.decode().split()
    at = words.index("pubsub")
    hard, soft, seconds = words[at + 1 : at + 4]
    return int(hard), int(soft), int(seconds)


def _size(count: int) -> str:
    return f"{count / 1024 / 1024:.3g} MiB"
