"""The alerts of docs/observing.md ask for metrics that there are, and the table explains each of them."""

from __future__ import annotations

import re
from typing import Final

import yaml  # type: ignore[import-untyped]  # its stubs are one more package
from prometheus_client import CollectorRegistry, generate_latest

from checkpoint_notify import CheckpointListener, CheckpointListenerConfig, CheckpointNotifier, CheckpointNotifierConfig

from ..support.docs import DOCS, blocks
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
    assert len(asked) == 8


def test_each_alert_is_explained() -> None:
    """The table has a row for each rule, and no other."""
    rows = re.findall(r"^\| `(Checkpoint\w+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert [rule["alert"] for rule in RULES] == rows
