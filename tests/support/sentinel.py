"""A Valkey Sentinel on 127.0.0.1 that watches one primary, and decides alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from redis import Redis

from .server import Server
from .waiting import wait_until

NAME: Final = "checkpoints"
"""What the Sentinel calls the primary."""
_SOON_MS: Final = 100
"""How often the Sentinel asks the servers, instead of every 10 s."""
_SILENCE_MS: Final = 3000
"""After this silence the primary counts as down. Longer than a busy machine takes to answer."""


class Sentinel(Server):
    """A Sentinel; its own configuration file is in its folder."""

    def __init__(self, primary: Server) -> None:
        self._primary = primary
        super().__init__()
        self.ask("SENTINEL", "DEBUG", "INFO-PERIOD", _SOON_MS)
        wait_until(self._knows_the_replica, "the Sentinel knows the replica")

    def _command(self, port: int) -> list[str]:
        program, *_ = super()._command(port)
        lines = (
            f"bind {self.host}",
            f"port {port}",
            f"unixsocket {self.unix_path}",
            f"dir {self.unix_path.parent}",
            f"sentinel monitor {NAME} {self._primary.host} {self._primary.port} 1",
            f"sentinel down-after-milliseconds {NAME} {_SILENCE_MS}",
            f"sentinel failover-timeout {NAME} {_SILENCE_MS}",  # a failover that failed is tried again after twice that
        )
        file = Path(self.unix_path.parent) / "sentinel.conf"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return [program, str(file), "--sentinel"]

    def ask(self, *words: object) -> Any:
        """The reply to one command."""
        with Redis(port=self.port, protocol=2) as client:
            return client.execute_command(*words)

    def fail_over(self) -> None:
        """Begin a planned failover: the replica replaces a primary that works."""
        self.ask("SENTINEL", "FAILOVER", NAME)

    def primary_port(self) -> int:
        """The port of the server that is the primary, as a proxy with a health check would ask for it."""
        return int(self.ask("SENTINEL", "GET-MASTER-ADDR-BY-NAME", NAME)[1])

    def _knows_the_replica(self) -> bool:
        """Whether it would promote it: its link is up, and it has said that it is in step."""
        found = [dict(zip(row[::2], row[1::2], strict=True)) for row in self.ask("SENTINEL", "REPLICAS", NAME)]
        return [(b"slave", b"ok")] == [(each[b"flags"], each[b"master-link-status"]) for each in found]

    def demote_soon(self) -> None:
        """Make a primary that was replaced a replica within some tenths of a second, instead of 8 s."""
        self.ask("SENTINEL", "DEBUG", "PUBLISH-PERIOD", _SOON_MS)
