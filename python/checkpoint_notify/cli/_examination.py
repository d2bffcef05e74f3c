"""The work of `doctor`: one step after the other, each told as soon as it is known."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final

from checkpoint_notify._connection import Deadline, resolve
from checkpoint_notify._publishing import CONNECT_SECONDS
from checkpoint_notify.cli._events import json_line
from checkpoint_notify.cli._exits import Exit
from checkpoint_notify.cli._finding import Finding
from checkpoint_notify.cli._guard import URL_ADVICE
from checkpoint_notify.cli._rights import permissions
from checkpoint_notify.cli._round_trip import round_trip
from checkpoint_notify.cli._screen import Screen
from checkpoint_notify.cli._server import LostError, Server, connect
from checkpoint_notify.cli._server_state import buffer_limit, role, subscribers
from checkpoint_notify.cli._sources import Sources
from checkpoint_notify.cli._text import visible
from checkpoint_notify.errors import PublishError, RedisUrlError
from checkpoint_notify.redis_url import RedisUrl

_STYLES: Final = {"ok": "green", "warning": "bold yellow", "failed": "bold red"}


def examine(url: str | None, instance: str | None, purpose: str | None, *, as_json: bool) -> Exit:
    """Look at everything and tell; the exit status."""
    screen = Screen()
    findings: list[Finding] = []
    for finding in _steps(Sources(url, instance), purpose):
        findings.append(finding)
        if not as_json:
            _tell(screen, finding)
    status = next((finding.status for finding in findings if finding.status), Exit.OK)
    if as_json:
        screen.line(json_line({"status": int(status), "checks": [finding.to_json() for finding in findings]}))
    return status


def _tell(screen: Screen, finding: Finding) -> None:
    screen.line((f"{finding.grade:8}", _STYLES[finding.grade]), f" {finding.name:26} ", visible(finding.detail))
    if finding.advice:
        screen.line(" " * 9, "-> ", visible(finding.advice))
    sys.stdout.flush()


def _steps(sources: Sources, purpose: str | None) -> Iterator[Finding]:
    yield from sources.findings(purpose)
    try:
        url = RedisUrl.parse(sources.redis_url)
    except RedisUrlError as error:
        yield Finding("URL", str(error), URL_ADVICE, Exit.USAGE)
        return
    yield _url(url)
    if url.host is not None:
        found = _addresses(url.host, url.port or 0)
        yield found
        if found.status:
            return
    server = Server(url)
    try:
        yield from connect(server)
        if server.is_ready:
            yield from _on(server, sources, purpose)
    except (LostError, PublishError) as error:
        advice = "it answered before: look at the server's load and log"
        yield Finding("connection lost", str(error), advice, Exit.NO_CONNECTION)
    finally:
        server.close()


def _on(server: Server, sources: Sources, purpose: str | None) -> Iterator[Finding]:
    heard = subscribers(server, sources.channel)  # before there are some of our own
    rights = permissions(server, sources.listener, purpose)
    yield from rights.findings
    yield role(server)
    yield heard
    yield buffer_limit(server)
    yield round_trip(sources.listener, rights)


def _url(url: RedisUrl) -> Finding:
    where = f"unix socket {url.unix_path}" if url.unix_path is not None else f"{url.host} port {url.port}"
    who = "no password, so no login" if url.password is None else f"user {url.username or 'default'}, with password"
    detail = f"{where}, database {url.db}, {who}, RESP{url.protocol}"
    lost = url.username is not None and url.password is None
    advice = "a user name without a password is not used, by Rust neither: add the password" if lost else ""
    return Finding("URL, as Rust reads it", detail, advice)


def _addresses(host: str, port: int) -> Finding:
    try:
        found = resolve(host, port, Deadline(CONNECT_SECONDS).left)
    except OSError as error:
        detail = f"{host}: {error.strerror or error}"
        return Finding("addresses", detail, "check the host in REDIS_URL, and the resolver", Exit.NO_CONNECTION)
    return Finding("addresses", ", ".join(dict.fromkeys(address[0] for *_, address in found)))
