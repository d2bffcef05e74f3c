"""Helpers to test programs that use this package; the extra is `checkpoint-notify[testing]`.

It has Hypothesis strategies for values and payloads; they are tested against the real Rust crate. It has fakes of the
notifier and of the listener: they run the code of the real classes up to the point where it would connect. The fakes
need no package of the extra. The fakes for asyncio are in `checkpoint_notify.testing.asyncio`. The pytest plugin
`checkpoint_notify.testing.plugin` provides the golden vectors as fixtures.

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
"""Names that are imported at their first use, so that the fakes work without Hypothesis."""


if not TYPE_CHECKING:  # with a module-level __getattr__, a type checker accepts every name

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
