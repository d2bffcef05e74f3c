"""Each setting, and where it came from."""

from __future__ import annotations

import os
from collections.abc import Iterator

from checkpoint_notify.channel import checkpoint_channel
from checkpoint_notify.cli import _settings
from checkpoint_notify.cli._exits import Exit
from checkpoint_notify.cli._finding import Finding
from checkpoint_notify.config import environment_text, without_password
from checkpoint_notify.listener_config import CheckpointListenerConfig

_SWITCHES = {
    "ENABLE_CHECKPOINT_NOTIFY": ("publish", "the service publishes nothing"),
    "ENABLE_MODEL_RELOAD": ("watch", "the service listens to nothing"),
}


class Sources:
    """The settings as both sides of a service read them."""

    def __init__(self, url: str | None, instance: str | None) -> None:
        self._given = {"REDIS_URL": ("--url", url), "FKS_INSTANCE_ID": ("--instance", instance)}
        self.listener: CheckpointListenerConfig = _settings.listener_config(url, instance)
        self.redis_url = self.listener.redis_url
        self.channel = checkpoint_channel(self.listener.instance_id)

    def findings(self, purpose: str | None) -> Iterator[Finding]:
        """One for each setting; the purpose (`publish`, `watch` or None) must not be switched off."""
        yield self._setting("REDIS_URL", without_password(self.redis_url))
        instance = self.listener.instance_id
        odd = "" if instance.strip() == instance != "" else "an empty id, or one with spaces, is an id like any other"
        yield self._setting("FKS_INSTANCE_ID", f"{instance!r}, channel {self.channel}", odd)
        for name, (job, effect) in _SWITCHES.items():
            yield self._switch(name, effect, Exit.USAGE if job == purpose else Exit.OK)
        listener = self.listener
        yield self._number("MODEL_RELOAD_RECONNECT_MS", f"tries again after {listener.backoff_max:g} s at most", 64)
        tries = f"gives up after {listener.max_reconnects} tries" if listener.max_reconnects else "never gives up"
        yield self._number("MODEL_RELOAD_MAX_RETRIES", tries, 32)

    def _setting(self, name: str, detail: str, advice: str = "") -> Finding:
        option, given = self._given.get(name, ("", None))
        if given is not None:
            return Finding(name, f"{detail} (from {option})", advice)
        if name.encode() not in os.environb:
            return Finding(name, f"{detail} (default)", advice)
        if not _is_text(name):
            return Finding(name, f"{detail} (default)", "it is set, but not UTF-8, so Rust takes the default, too")
        return Finding(name, f"{detail} (from the environment)", advice)

    def _switch(self, name: str, effect: str, if_off: Exit) -> Finding:
        value = environment_text(name, "true")
        if value == "false":
            return self._setting(name, f"off: {effect}", f"unset {name} to switch it on")._replace(status=if_off)
        surprise = "" if value == "true" else f"{value!r} does not switch it off, nothing but false does"
        return self._setting(name, "on", surprise)

    def _number(self, name: str, detail: str, bits: int) -> Finding:
        text = environment_text(name, "")
        digits = text.removeprefix("+")
        number = digits.lstrip("0") or "0"  # int() refuses to read thousands of digits
        reads = digits.isascii() and digits.isdigit() and len(number) <= 20 and int(number) < 1 << bits
        if reads or not _is_text(name):
            return self._setting(name, detail)
        surprise = f"{text!r} is no unsigned integer of {bits} bits, so Rust takes the default, too"
        return Finding(name, f"{detail} (default)", surprise)


def _is_text(name: str) -> bool:
    """Whether the variable is set, to UTF-8."""
    return environment_text(name, "a") == environment_text(name, "b")
