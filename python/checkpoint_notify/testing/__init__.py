"""For the tests of programs that use this package: the extra `checkpoint-notify[testing]`.

Hypothesis strategies for values and payloads, judged by the real Rust crate, and fakes for the notifier and the
listener, which run the code of the real ones up to where it would open a connection. The fakes alone need none of the
extra's packages. Those for asyncio are in `checkpoint_notify.testing.asyncio`, and the golden vectors come as fixtures
with the pytest plugin `checkpoint_notify.testing.plugin`, for those who ask for it.

    >>> from hypothesis import given
    >>> @given(canonical_payloads())
    ... def test_our_reader_loses_nothing(payload):
    ...     assert payload == CheckpointNotification.from_json(payload).to_json_bytes()
    >>> test_our_reader_loses_nothing()
"""

from typing import TYPE_CHECKING

from checkpoint_notify.testing.fakes import Outcome, RecordingNotifier, ScriptedListener, Step
from checkpoint_notify.testing.refusals import Refusal, RefusedPayload

if TYPE_CHECKING:
    from checkpoint_notify.testing.strategies import (
        canonical_payloads,
        notifications,
        refused_payloads,
        unusual_payloads,
    )

__all__ = [
    "Outcome",
    "RecordingNotifier",
    "Refusal",
    "RefusedPayload",
    "ScriptedListener",
    "Step",
    "canonical_payloads",
    "notifications",
    "refused_payloads",
    "unusual_payloads",
]

_STRATEGIES = ("canonical_payloads", "notifications", "refused_payloads", "unusual_payloads")
"""Imported at their first use, so that the fakes can be had without Hypothesis."""


if not TYPE_CHECKING:  # a type checker would take any name for one of these

    def __getattr__(name: str) -> object:
        if name not in _STRATEGIES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        try:
            from checkpoint_notify.testing import strategies
        except ModuleNotFoundError as error:
            if error.name != "hypothesis":
                raise
            hint = "in a clone of the repository, run: pip install '.[testing]'"
            raise ImportError(f"{name}() needs Hypothesis; {hint}") from None
        value: object = getattr(strategies, name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
