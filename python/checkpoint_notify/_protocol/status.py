"""What anybody may ask about a listener at any time, from any thread."""

from __future__ import annotations


class Status:
    """The state of the connection, and why the listener stopped. One thread writes, any thread reads."""

    connected: bool = False
    """Whether there is a subscription now, whatever events still wait to be handed over."""
    error: BaseException | None = None
    """Why the listener stopped by itself; None as long as it has not."""

    def end(self, error: BaseException | None = None) -> None:
        """The listener has stopped; by itself if there is an error."""
        self.connected = False
        self.error = self.error or error
