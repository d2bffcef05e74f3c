"""The error of an outage, as it is shown."""

from __future__ import annotations

from checkpoint_notify._protocol.outage import presentable


def test_presentable_errors() -> None:
    """No password, no traceback, no errors behind it."""
    try:
        try:
            raise OSError("secret pw")
        except OSError as cause:
            raise ConnectionError("ERR unknown command 'AUTH', with args: 'pw'") from cause
    except ConnectionError as error:
        shown = presentable(error, "pw")
    assert "ERR unknown command 'AUTH', with args: '***'" == str(shown)
    assert [None, None, None] == [shown.__traceback__, shown.__cause__, shown.__context__]
    assert "plain" == str(presentable(OSError("plain"), None))
