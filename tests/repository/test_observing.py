"""The alerts of docs/observing.md ask for metrics that there are, and the table explains each of them."""

from __future__ import annotations

import re
from typing import Final

import yaml  # type: ignore[import-untyped]  # its stubs are one more package
from prometheus_client import CollectorRegistry, generate_latest
from redis import Redis

from checkpoint_notify import (
    CheckpointListener,
    CheckpointListenerConfig,
    CheckpointNotifier,
    CheckpointNotifierConfig,
    Connected,
    Disconnected,
    Gap,
)

from ..support.docs import DOCS, blocks
from ..support.server import Server
from .test_recipes import load_recipe

PAGE: Final = DOCS / "observing.md"
(RULES,) = [
    rule
    for block in blocks(PAGE)
    if block.language == "yaml"
    for group in yaml.safe_load(block.text)["groups"]
    for rule in [group["rules"]]
]


def test_the_alerts_ask_for_metrics_that_there_are() -> None:
    """Each name in an expression is one that the collectors give."""
    recipe = load_recipe("prometheus_metrics")
    registry = CollectorRegistry()
    registry.register(recipe.ListenerCollector(CheckpointListener(CheckpointListenerConfig())))
    registry.register(recipe.NotifierCollector(CheckpointNotifier(CheckpointNotifierConfig())))
    lines = generate_latest(registry).decode().splitlines()
    given = {line.split()[0] for line in lines if not line.startswith("#")}
    asked = {name for rule in RULES for name in re.findall(r"checkpoint_\w+", rule["expr"])}
    assert set() == asked - given
    assert len(asked) == 9


def test_each_alert_is_explained() -> None:
    """The table has a row for each rule, and no other."""
    rows = re.findall(r"^\| `(Checkpoint\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [rule["alert"] for rule in RULES] == rows


UNITS: Final = {"m": 60, "h": 3600}


def firing(before: dict[str, float], after: dict[str, float]) -> set[str]:
    """The alerts of one term, `increase` or `rate` of a counter above a limit, that these two readings make fire."""
    found = set()
    for rule in RULES:
        term = re.fullmatch(r"(increase|rate)\((\w+)\[(\d+)([mh])\]\) > ([\d.]+)", rule["expr"])
        if term is None:
            continue
        function, name, count, unit, limit = term.groups()
        grown = after[name] - before[name]
        value = grown if function == "increase" else grown / (int(count) * UNITS[unit])
        found |= {rule["alert"]} if value > float(limit) else set()
    return found


def readings(listener: CheckpointListener) -> dict[str, float]:
    """What Prometheus would read from a listener."""
    registry = CollectorRegistry()
    registry.register(load_recipe("prometheus_metrics").ListenerCollector(listener))
    lines = generate_latest(registry).decode().splitlines()
    return {name: float(value) for name, value in (line.split() for line in lines if not line.startswith("#"))}


def test_one_short_gap_fires_the_alert_on_lost_messages(server: Server) -> None:
    """And not the one on the share of time that gaps cover."""
    with (
        Redis(port=server.port, protocol=2) as client,
        CheckpointListener(CheckpointListenerConfig(redis_url=server.url)) as listener,
    ):
        assert isinstance(next(listener), Connected)
        before = readings(listener)
        assert firing(before, before) == set()
        client.client_kill_filter(_type="pubsub")
        assert [Disconnected, Connected, Gap] == [type(next(listener)) for _ in range(3)]
        assert firing(before, readings(listener)) == {"CheckpointMessagesMayBeLost"}
