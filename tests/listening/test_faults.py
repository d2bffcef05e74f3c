"""The fault table: each row injects a fault on loopback, and what the listener owes is checked over the record.

Every message that the server took was delivered once or lies within a Gap; the last one was delivered; no Gap is wider
than the outage + ping_interval + ping_timeout; the events come in order; the listener ends within 0.5 s, and nothing of
it is left: no thread, task, descriptor, or client on the server. What a row demands beyond that stands in the row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import pytest

from ..support.faults import rows_alive, rows_connection, rows_consumer, rows_server
from ..support.faults.scene import Stage
from ..support.flavours import Flavour

Row = Callable[[Stage], None]

CONNECTION: Final[list[Row]] = [
    rows_connection.client_kill,
    rows_connection.rst,
    rows_connection.fin,
    rows_connection.rst_with_replies_under_way,
    rows_connection.two_drops,
    rows_connection.many_drops_at_once,
    rows_connection.swallowed_both_ways,
    rows_connection.swallowed_replies,
    rows_connection.forgotten,
    rows_connection.connect_never_answered,
    rows_connection.subscribe_never_answered,
    rows_connection.auth_never_answered,
]
SERVER: Final[list[Row]] = [
    rows_server.sigkill_and_restart,
    rows_server.sigstop,
    rows_server.buffer_overrun_by_size,
    rows_server.buffer_overrun_by_standstill,
    rows_server.password_rotated,
    rows_server.channel_taken_away,
    rows_server.noperm,
    rows_server.maxclients,
]
ALIVE: Final[list[Row]] = [
    rows_alive.busy,
    rows_alive.misconf,
    rows_alive.noperm_to_ping,
    rows_alive.ping_renamed,
    rows_alive.masterdown,
    rows_alive.loading,
]
CONSUMER: Final[list[Row]] = [
    rows_consumer.handler_asleep,
    rows_consumer.handler_slow,
    rows_consumer.storm,
    rows_consumer.storm_of_large_ones,
]


def by_name(rows: list[Row]) -> pytest.MarkDecorator:
    """Each row is a test that is named after it."""
    return pytest.mark.parametrize("row", rows, ids=[row.__name__ for row in rows])


@by_name(CONNECTION + SERVER + ALIVE + CONSUMER)
def test_fault(row: Row, flavour: Flavour, record_property: Any) -> None:
    """The promise is kept through the fault, on Valkey."""
    row(Stage("valkey", flavour, record_property))


@by_name([rows_connection.client_kill, *SERVER, *ALIVE])
def test_fault_on_redis(row: Row, flavour: Flavour, record_property: Any) -> None:
    """Rows in which the server has a part run on Redis, too."""
    row(Stage("redis", flavour, record_property))
