"""Faults on loopback, a record of what was published through them, and a judge of the listener's promise."""

import pytest

# These assert, too, and are no test modules: a failure shows the values only when they are asked for in time.
_ASSERTING = ("leftovers", "rows_alive", "rows_connection", "rows_consumer", "rows_server", "scene", "watch")
pytest.register_assert_rewrite(*(f"{__name__}.{name}" for name in _ASSERTING))
