"""The listener's settings: defaults, checks, and how they are read from the environment."""

from __future__ import annotations

import copy
import dataclasses
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Mapping
from typing import Any, Final

import pytest

from checkpoint_notify import CheckpointListenerConfig

DEFAULT: Final = CheckpointListenerConfig()
LARGEST_MS: Final = 2**64 - 1

ENVIRONMENTS: Final[dict[str, tuple[Mapping[str, str | bytes], dict[str, Any]]]] = {
    "all_unset": ({}, {}),
    "all_set": (
        {
            "REDIS_URL": "redis://h/1",
            "FKS_INSTANCE_ID": "prod",
            "ENABLE_MODEL_RELOAD": "false",
            "MODEL_RELOAD_RECONNECT_MS": "250",
            "MODEL_RELOAD_MAX_RETRIES": "7",
        },
        {
            "redis_url": "redis://h/1",
            "instance_id": "prod",
            "enabled": False,
            "backoff_max": 0.25,
            "max_reconnects": 7,
        },
    ),
    "publisher_disabled": ({"ENABLE_CHECKPOINT_NOTIFY": "false"}, {}),
    "url_empty": ({"REDIS_URL": ""}, {"redis_url": ""}),
    "url_not_utf8": ({"REDIS_URL": b"redis://h\xff"}, {}),
    "id_empty": ({"FKS_INSTANCE_ID": ""}, {"instance_id": ""}),
    "id_not_utf8": ({"FKS_INSTANCE_ID": b"\xff"}, {}),
    "enabled_zero": ({"ENABLE_MODEL_RELOAD": "0"}, {}),
    "enabled_no": ({"ENABLE_MODEL_RELOAD": "no"}, {}),
    "enabled_capital_false": ({"ENABLE_MODEL_RELOAD": "False"}, {}),
    "enabled_space_before_false": ({"ENABLE_MODEL_RELOAD": " false"}, {}),
    "enabled_empty": ({"ENABLE_MODEL_RELOAD": ""}, {}),
    "enabled_not_utf8": ({"ENABLE_MODEL_RELOAD": b"false\xff"}, {}),
    "ms_zero": ({"MODEL_RELOAD_RECONNECT_MS": "0"}, {"backoff_max": 0}),
    "ms_plus": ({"MODEL_RELOAD_RECONNECT_MS": "+5"}, {"backoff_max": 0.005}),
    "ms_zeros": ({"MODEL_RELOAD_RECONNECT_MS": "00" + "0" * 5000 + "7"}, {"backoff_max": 0.007}),
    "ms_largest": ({"MODEL_RELOAD_RECONNECT_MS": str(LARGEST_MS)}, {"backoff_max": LARGEST_MS / 1000}),
    "ms_too_large": ({"MODEL_RELOAD_RECONNECT_MS": str(LARGEST_MS + 1)}, {}),
    "ms_far_too_large": ({"MODEL_RELOAD_RECONNECT_MS": "9" * 5000}, {}),
    "ms_space_before": ({"MODEL_RELOAD_RECONNECT_MS": " 5"}, {}),
    "ms_line_break_after": ({"MODEL_RELOAD_RECONNECT_MS": "5\n"}, {}),
    "ms_underscore": ({"MODEL_RELOAD_RECONNECT_MS": "5_000"}, {}),
    "ms_negative": ({"MODEL_RELOAD_RECONNECT_MS": "-1"}, {}),
    "ms_minus_zero": ({"MODEL_RELOAD_RECONNECT_MS": "-0"}, {}),
    "ms_two_signs": ({"MODEL_RELOAD_RECONNECT_MS": "++5"}, {}),
    "ms_sign_only": ({"MODEL_RELOAD_RECONNECT_MS": "+"}, {}),
    "ms_empty": ({"MODEL_RELOAD_RECONNECT_MS": ""}, {}),
    "ms_fraction": ({"MODEL_RELOAD_RECONNECT_MS": "5.0"}, {}),
    "ms_hexadecimal": ({"MODEL_RELOAD_RECONNECT_MS": "0x5"}, {}),
    "ms_other_digits": ({"MODEL_RELOAD_RECONNECT_MS": "\u0665"}, {}),
    "ms_not_utf8": ({"MODEL_RELOAD_RECONNECT_MS": b"5\xff"}, {}),
    "retries_zero": ({"MODEL_RELOAD_MAX_RETRIES": "0"}, {}),
    "retries_plus": ({"MODEL_RELOAD_MAX_RETRIES": "+5"}, {"max_reconnects": 5}),
    "retries_largest": ({"MODEL_RELOAD_MAX_RETRIES": str(2**32 - 1)}, {"max_reconnects": 2**32 - 1}),
    "retries_too_large": ({"MODEL_RELOAD_MAX_RETRIES": str(2**32)}, {}),
    "retries_negative": ({"MODEL_RELOAD_MAX_RETRIES": "-1"}, {}),
}
"""Name → the variables that are set, and what of the default configuration they change."""

VARIABLES: Final = (
    "REDIS_URL",
    "FKS_INSTANCE_ID",
    "ENABLE_CHECKPOINT_NOTIFY",
    "ENABLE_MODEL_RELOAD",
    "MODEL_RELOAD_RECONNECT_MS",
    "MODEL_RELOAD_MAX_RETRIES",
)

SHOW: Final = """
import dataclasses, json, sys
from checkpoint_notify import CheckpointListenerConfig
json.dump(dataclasses.asdict(CheckpointListenerConfig.from_env()), sys.stdout)
"""


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_from_env(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """These variables make this configuration."""
    settings, changes = ENVIRONMENTS[name]
    for variable in VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    for variable, value in settings.items():
        monkeypatch.setitem(os.environb, variable.encode(), os.fsencode(value))
    assert dataclasses.replace(DEFAULT, **changes) == CheckpointListenerConfig.from_env()


@pytest.mark.parametrize("name", ["all_set", *(name for name in ENVIRONMENTS if "utf8" in name or "digits" in name)])
def test_from_env_in_a_new_process(name: str) -> None:
    """A process that is started with these variables has the same, whatever Python makes of their bytes."""
    settings, changes = ENVIRONMENTS[name]
    variables = {key: value for key, value in os.environb.items() if key.decode(errors="replace") not in VARIABLES}
    variables |= {key.encode(): os.fsencode(value) for key, value in settings.items()}
    shown = subprocess.run([sys.executable, "-c", SHOW], env=variables, check=True, capture_output=True).stdout
    assert dataclasses.asdict(dataclasses.replace(DEFAULT, **changes)) == json.loads(shown)


@pytest.mark.time_limits
def test_defaults() -> None:
    """As documented."""
    assert {
        "redis_url": "redis://localhost:6379",
        "instance_id": "default",
        "enabled": True,
        "ping_interval": 10,
        "ping_timeout": 5,
        "connect_timeout": 1,
        "backoff_initial": 0.05,
        "backoff_max": 5,
        "max_reconnects": 0,
        "max_queue": 1024,
        "max_queue_bytes": 64 * 1024 * 1024,
        "max_payload": 64 * 1024 * 1024,
    } == dataclasses.asdict(CheckpointListenerConfig())


@pytest.mark.parametrize("name", ["ping_interval", "ping_timeout", "connect_timeout", "backoff_initial", "backoff_max"])
@pytest.mark.parametrize(
    ("value", "error"),
    [
        (-1, ValueError),
        (float("nan"), ValueError),
        (float("inf"), ValueError),
        ("1", TypeError),
        (None, TypeError),
        (True, TypeError),
    ],
)
def test_times_are_checked(name: str, value: Any, error: type[Exception]) -> None:
    """The error names the setting and the value."""
    with pytest.raises(error, match=f"^{name} is a number of seconds"):
        CheckpointListenerConfig(**{name: value})


@pytest.mark.parametrize("name", ["ping_interval", "ping_timeout", "connect_timeout", "backoff_initial"])
def test_a_time_of_zero_is_refused(name: str) -> None:
    """Only the back-off may be switched off by 0."""
    with pytest.raises(ValueError, match=f"^{name} is a number of seconds above 0, not 0$"):
        CheckpointListenerConfig(**{name: 0})  # type: ignore[arg-type]
    assert 0 == CheckpointListenerConfig(backoff_max=0).backoff_max


@pytest.mark.parametrize(
    ("name", "least"), [("max_queue", 1), ("max_queue_bytes", 1), ("max_reconnects", 0), ("max_payload", 0)]
)
def test_counts_are_checked(name: str, least: int) -> None:
    """The error names the setting, the least value, and the one given."""
    CheckpointListenerConfig(**{name: least})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=f"^{name} is {least} or more, not {least - 1}$"):
        CheckpointListenerConfig(**{name: least - 1})  # type: ignore[arg-type]
    for value in (1.0, "1", None, True):
        with pytest.raises(TypeError, match=f"^{name} is an integer"):
            CheckpointListenerConfig(**{name: value})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("enabled", "false", "enabled is a bool, not a str"),
        ("redis_url", b"redis://:SECRET@h", "redis_url is a str, not a bytes"),
        ("instance_id", 7, "instance_id is a str, not a int"),
    ],
)
def test_wrong_types_are_refused(name: str, value: Any, text: str) -> None:
    """The value is not shown: it may hold a password."""
    with pytest.raises(TypeError, match=f"^{text}$"):
        CheckpointListenerConfig(**{name: value})


@pytest.mark.parametrize(
    "url",
    ["redis://user:SECRET@host", "unix:///s?pass=SECRET", "redis://:SECRET@h o s t", "redis:user:SECRET://SECRET@h"],
)
def test_repr_hides_the_password(url: str) -> None:
    """The listener's own repr shows the same."""
    shown = repr(CheckpointListenerConfig(redis_url=url))
    assert "SECRET" not in shown
    assert "***" in shown


@pytest.mark.time_limits
def test_repr_shows_all_other_settings() -> None:
    """Every setting, in order."""
    assert (
        "CheckpointListenerConfig(redis_url='redis://u:***@h/1', instance_id='prod', enabled=True, ping_interval=10.0,"
        " ping_timeout=5.0, connect_timeout=1.0, backoff_initial=0.05, backoff_max=5.0, max_reconnects=0,"
        " max_queue=1024, max_queue_bytes=67108864, max_payload=67108864)"
    ) == repr(CheckpointListenerConfig(redis_url="redis://u:pw@h/1", instance_id="prod"))


def test_config_is_a_value() -> None:
    """A configuration is frozen, equal by value, and can be copied and pickled."""
    config = CheckpointListenerConfig(redis_url="redis://:pw@h", max_queue=7)
    with pytest.raises(dataclasses.FrozenInstanceError):
        config.enabled = True  # type: ignore[misc]
    for same in (copy.deepcopy(config), pickle.loads(pickle.dumps(config)), dataclasses.replace(config)):
        assert config == same
    assert DEFAULT != config
