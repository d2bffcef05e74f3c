"""Settings: their defaults, how they are read from the environment, and that no password is shown."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import pickle
import subprocess
import sys
from typing import Any, Final

import pytest
import redis

from checkpoint_notify import CheckpointNotifierConfig, EncodeError, checkpoint_channel

from ..conftest import RustBin
from ..support.rust import RustNotifier, Settings, environment
from ..support.server import Server
from ..support.waiting import PATIENCE

DEFAULT: Final = CheckpointNotifierConfig()

ENVIRONMENTS: Final[dict[str, tuple[Settings, dict[str, Any]]]] = {
    "all_unset": ({}, {}),
    "all_set": (
        {"REDIS_URL": "redis://h/1", "FKS_INSTANCE_ID": "prod", "ENABLE_CHECKPOINT_NOTIFY": "false"},
        {"redis_url": "redis://h/1", "instance_id": "prod", "enabled": False},
    ),
    "url_empty": ({"REDIS_URL": ""}, {"redis_url": ""}),
    "url_not_utf8": ({"REDIS_URL": b"redis://h\xff"}, {}),
    "url_not_ascii": ({"REDIS_URL": "redis://bücher"}, {"redis_url": "redis://bücher"}),
    "id_empty": ({"FKS_INSTANCE_ID": ""}, {"instance_id": ""}),
    "id_blank": ({"FKS_INSTANCE_ID": " \t"}, {"instance_id": " \t"}),
    "id_not_utf8": ({"FKS_INSTANCE_ID": b"a\xffb"}, {}),
    "id_utf8_cut_short": ({"FKS_INSTANCE_ID": b"a\xc3"}, {}),
    "id_overlong_utf8": ({"FKS_INSTANCE_ID": b"\xc0\xaf"}, {}),
    "id_surrogate_in_utf8": ({"FKS_INSTANCE_ID": b"\xed\xa0\x80"}, {}),
    "id_not_ascii": ({"FKS_INSTANCE_ID": "ünï😀"}, {"instance_id": "ünï😀"}),
    "id_line_break": ({"FKS_INSTANCE_ID": "a\nb"}, {"instance_id": "a\nb"}),
    "enabled_true": ({"ENABLE_CHECKPOINT_NOTIFY": "true"}, {}),
    "enabled_false": ({"ENABLE_CHECKPOINT_NOTIFY": "false"}, {"enabled": False}),
    "enabled_zero": ({"ENABLE_CHECKPOINT_NOTIFY": "0"}, {}),
    "enabled_no": ({"ENABLE_CHECKPOINT_NOTIFY": "no"}, {}),
    "enabled_capital_false": ({"ENABLE_CHECKPOINT_NOTIFY": "False"}, {}),
    "enabled_space_before_false": ({"ENABLE_CHECKPOINT_NOTIFY": " false"}, {}),
    "enabled_line_break_after_false": ({"ENABLE_CHECKPOINT_NOTIFY": "false\n"}, {}),
    "enabled_empty": ({"ENABLE_CHECKPOINT_NOTIFY": ""}, {}),
    "enabled_not_utf8": ({"ENABLE_CHECKPOINT_NOTIFY": b"false\xff"}, {}),
}
"""Name → the variables that are set, and what of the default configuration they change."""

SHOW: Final = """
import dataclasses, json, sys
from checkpoint_notify import CheckpointNotifierConfig
json.dump(dataclasses.asdict(CheckpointNotifierConfig.from_env()), sys.stdout)
"""

URLS_WITH_PASSWORD: Final = [
    "redis://user:SECRET@host:6379/1",
    "redis://:SECRET@host",
    "redis://user:SEC:RET@host",
    "redis://user:SEC@RET@host",
    "redis://user:SEC/RET@host/1",
    "redis://user:SEC?RET@host",
    "redis://user:SEC#RET@host",
    "redis://user:SEC\nRET@host",
    "  REDIS://user:SECRET@host",
    "re\tdis:/\n/user:SECRET@host",
    "redis:/user:SECRET@host",
    "redis:user:SECRET@host",
    "user:SECRET@host:6379",
    "u:SECRET@host",
    "user:SECRET@redis://host",
    "rediss://user:SECRET@host?protocol=3",
    "redis://user:SECRET@host/0?x=@",
    "redis://user:SEC\ud800RET@host",
    "unix:///run/redis.sock?pass=SECRET",
    "unix:///run/redis.sock?db=1&user=u&pass=SECRET&protocol=3",
    "unix:///run/redis.sock?pass=SEC@RET",
    "unix:///run/redis.sock?pass=SEC:RET@x",
    "unix:///run/redis.sock?pass=SEC=RET",
    "unix:///run/redis.sock?pass=SEC#RET",
    "unix:///run/redis.sock?pass=SEC?RET",
    "unix:///run/redis.sock?p%61ss=SECRET",
    "unix:///run/redis.sock?pa\tss=SECRET",
    "redis://host?password=SECRET",
    "redis://host?PASS=SECRET",
]


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_from_env(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """These variables make this configuration."""
    settings, changes = ENVIRONMENTS[name]
    variables = environment(settings)
    for variable in list(os.environb):
        monkeypatch.delitem(os.environb, variable)
    for variable, value in variables.items():
        monkeypatch.setitem(os.environb, variable, value)
    assert dataclasses.replace(DEFAULT, **changes) == CheckpointNotifierConfig.from_env()


@pytest.mark.parametrize("name", [name for name in ENVIRONMENTS if "utf8" in name or "ascii" in name])
@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_from_env_in_a_new_process(name: str, locale: str) -> None:
    """Python's own idea of the environment's encoding plays no part."""
    settings, changes = ENVIRONMENTS[name]
    python = {b"LC_ALL": locale.encode(), b"PYTHONUTF8": b"0", b"PYTHONCOERCECLOCALE": b"0"}
    done = subprocess.run(
        [sys.executable, "-c", SHOW], env=environment(settings) | python, check=True, capture_output=True
    )
    assert dataclasses.asdict(dataclasses.replace(DEFAULT, **changes)) == json.loads(done.stdout)


def test_from_env_sees_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment is read at each call."""
    monkeypatch.setenv("FKS_INSTANCE_ID", "later")
    assert "later" == CheckpointNotifierConfig.from_env().instance_id
    monkeypatch.delenv("FKS_INSTANCE_ID")
    assert "default" == CheckpointNotifierConfig.from_env().instance_id


def test_from_env_reads_an_environment_of_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the system's environment is text, a lone surrogate is what is not UTF-8."""
    monkeypatch.setattr(os, "supports_bytes_environ", False)
    monkeypatch.setattr(os, "environ", {"FKS_INSTANCE_ID": "a\udcff", "REDIS_URL": "redis://bücher"})
    assert dataclasses.replace(DEFAULT, redis_url="redis://bücher") == CheckpointNotifierConfig.from_env()


@pytest.mark.parametrize("name", [name for name, (settings, _) in ENVIRONMENTS.items() if "REDIS_URL" not in settings])
def test_from_env_as_in_rust(name: str, rust_bin: RustBin, server: Server) -> None:
    """The real Rust notifier, with the same variables, publishes on the same channel, or is disabled as well."""
    settings, changes = ENVIRONMENTS[name]
    config = dataclasses.replace(DEFAULT, **changes)
    value = {"model_path": "p", "model_name": "n", "version": "1", "saved_at": "", "training_step": "0", "metadata": {}}
    with redis.Redis(port=server.port, protocol=2) as client, client.pubsub() as pubsub:
        pubsub.psubscribe("*")
        assert "psubscribe" == _next_message(pubsub)["type"]
        with RustNotifier(rust_bin("notifier"), {**settings, "REDIS_URL": server.url}) as notifier:
            assert None is notifier.publish(value)
        client.publish("end", "")
        channels = [_next_message(pubsub)["channel"].decode()]
        while "end" not in channels:
            channels.append(_next_message(pubsub)["channel"].decode())
    expected = [checkpoint_channel(config.instance_id)] if config.enabled else []
    assert [*expected, "end"] == channels


def _next_message(pubsub: Any) -> dict[str, Any]:
    message = pubsub.get_message(timeout=PATIENCE)
    assert message is not None
    return dict(message)


@pytest.mark.parametrize("url", URLS_WITH_PASSWORD)
def test_repr_hides_the_password(url: str) -> None:
    """Neither half of a password is shown, wherever it stands, even in a URL that cannot be parsed."""
    shown = repr(CheckpointNotifierConfig(redis_url=url))
    assert "SEC" not in shown
    assert "RET" not in shown
    assert "***" in shown


def test_repr_shows_all_other_settings() -> None:
    """What is no password is shown as it is."""
    assert (
        "CheckpointNotifierConfig(redis_url='redis://user:***@host:1/2?protocol=3', instance_id='prod', enabled=False)"
    ) == repr(
        CheckpointNotifierConfig(redis_url="redis://user:pw@host:1/2?protocol=3", instance_id="prod", enabled=False)
    )
    for url in ("redis://localhost:6379", "redis://user@host:1/2", "unix:///s?db=1&user=u", "", "redis://[::1]:6379"):
        assert f"redis_url={url!r}" in repr(CheckpointNotifierConfig(redis_url=url))


def test_config_is_a_value() -> None:
    """A configuration is frozen, equal by value, and can be copied and pickled."""
    config = CheckpointNotifierConfig(redis_url="redis://:pw@h", instance_id="i", enabled=False)
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.enabled = True  # type: ignore[misc]
    for same in (copy.deepcopy(config), pickle.loads(pickle.dumps(config)), dataclasses.replace(config)):
        assert config == same
    assert DEFAULT != config


@pytest.mark.parametrize(
    ("instance_id", "channel"),
    [
        ("prod", "fks:prod:model_checkpoints"),
        ("", "fks::model_checkpoints"),
        ("a:b*", "fks:a:b*:model_checkpoints"),
        ("ü\0\n😀", "fks:ü\0\n😀:model_checkpoints"),
    ],
)
def test_channel(instance_id: str, channel: str) -> None:
    """An id goes into the channel as it is."""
    assert channel == checkpoint_channel(instance_id)


@pytest.mark.parametrize("instance_id", ["\ud800", "a\udcffb", None, 1, b"prod"])
def test_channel_refuses_what_rust_cannot_hold(instance_id: Any) -> None:
    """An id that is no Rust String is an EncodeError that names the argument."""
    with pytest.raises(EncodeError, match="instance_id"):
        checkpoint_channel(instance_id)
