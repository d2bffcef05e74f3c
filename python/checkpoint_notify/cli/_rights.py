"""What the user may do on the channel, found out without publishing anything there."""

from __future__ import annotations

import dataclasses
import secrets
from typing import Final, NamedTuple

from checkpoint_notify.channel import checkpoint_channel
from checkpoint_notify.cli._exits import Exit
from checkpoint_notify.cli._finding import Finding
from checkpoint_notify.cli._server import RefusedError, Server
from checkpoint_notify.cli._watching import closing_after
from checkpoint_notify.events import Connected, Disconnected
from checkpoint_notify.listener import CheckpointListener
from checkpoint_notify.listener_config import CheckpointListenerConfig

LISTEN_SECONDS: Final = 3.0


class Rights(NamedTuple):
    """What was found."""

    findings: list[Finding]
    may_subscribe: bool


class _Answer(NamedTuple):
    allowed: bool
    detail: str
    doubt: str = ""
    """Why that is not certain."""


def probe_instance() -> str:
    """An instance that is nobody's; an ACL that allows `fks:*:model_checkpoints` allows its channel, too."""
    return f"doctor-{secrets.token_hex(8)}"


def permissions(server: Server, config: CheckpointListenerConfig, purpose: str | None) -> Rights:
    """Whether the user may do what the purpose needs (`publish` or `watch`; None: at least one of them)."""
    channel = checkpoint_channel(config.instance_id)
    publish, subscribe = _may_publish(server, channel), _may_subscribe(server, config)
    needs_publish = purpose == "publish" or (purpose is None and not subscribe.allowed)
    needs_subscribe = purpose == "watch" or (purpose is None and not publish.allowed)
    to_publish = f"allow this user +publish and &{channel}, or ask with --for watch if it only listens"
    to_subscribe = f"allow this user +subscribe +ping and &{channel}, or ask with --for publish if it only publishes"
    return Rights(
        [
            _finding("right to publish", publish, to_publish, needed=needs_publish),
            _finding("right to subscribe", subscribe, to_subscribe, needed=needs_subscribe),
        ],
        subscribe.allowed,
    )


def _finding(name: str, answer: _Answer, advice: str, *, needed: bool) -> Finding:
    if answer.allowed:
        return Finding(name, answer.detail, answer.doubt)
    return Finding(name, answer.detail, advice, Exit.REFUSED if needed else Exit.OK)


def _may_publish(server: Server, channel: str) -> _Answer:
    """PUBLISH within a transaction is checked at once, and never done if the transaction is given up."""
    try:
        server.ask("MULTI")
    except RefusedError:
        return _may_publish_elsewhere(server, channel)
    try:
        server.ask("PUBLISH", channel.encode(), b"")
    except RefusedError as error:
        return _Answer(False, str(error))
    finally:
        _give_up(server)
    return _Answer(True, f"allowed on {channel}")


def _give_up(server: Server) -> None:
    try:
        server.ask("DISCARD")
    except RefusedError:
        server.close()  # which gives the transaction up as well
        server.connect()


def _may_publish_elsewhere(server: Server, channel: str) -> _Answer:
    elsewhere = checkpoint_channel(probe_instance())
    why = "not tried on the channel itself, as its subscribers would get it"
    try:
        server.ask("PUBLISH", elsewhere.encode(), b"")
    except RefusedError as error:
        if "channel" not in str(error):  # it is about the command
            return _Answer(False, str(error))
        return _Answer(True, f"allowed, but not on {elsewhere}", f"{why}: check that this user has &{channel}")
    return _Answer(True, f"allowed on {elsewhere}", why)


def _may_subscribe(server: Server, config: CheckpointListenerConfig) -> _Answer:
    """A listener subscribes to the channel, and leaves."""
    once = dataclasses.replace(config, enabled=True, max_reconnects=1)
    listener = CheckpointListener(once)
    with listener, closing_after(LISTEN_SECONDS, listener):
        event = next(listener, None)
    if isinstance(event, Disconnected):
        return _Answer(False, str(event.error))
    if not isinstance(event, Connected):
        return _Answer(False, f"no answer in {LISTEN_SECONDS:g} s")
    try:
        server.ask("PING")
    except RefusedError as error:
        return _Answer(False, f"SUBSCRIBE is, but a listener also needs PING: {error}")
    return _Answer(True, f"allowed on {listener.channel}")
