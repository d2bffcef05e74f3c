"""A proxy on loopback between a client and a Redis server, which loses replies on command."""

from __future__ import annotations

import socket
import threading

from .loopback import Handler, LoopbackServer


class Proxy(LoopbackServer):
    """Passes everything on, until a client writes `lose_replies_from`: from then on that client reads nothing more."""

    def __init__(self, port: int, *, lose_replies_from: bytes) -> None:
        super().__init__(_passing(port, lose_replies_from))


def _passing(port: int, word: bytes) -> Handler:
    def handle(client: socket.socket) -> None:
        with socket.create_connection(("127.0.0.1", port)) as server:
            lose = threading.Event()
            replies = threading.Thread(target=_pass_replies, args=(server, client, lose), daemon=True)
            replies.start()
            try:
                while data := client.recv(65536):
                    if word in data:
                        lose.set()
                    server.sendall(data)
            finally:
                server.shutdown(socket.SHUT_RDWR)
                replies.join()

    return handle


def _pass_replies(server: socket.socket, client: socket.socket, lose: threading.Event) -> None:
    try:
        while data := server.recv(65536):
            if not lose.is_set():
                client.sendall(data)
    except OSError:
        pass  # one of the two ends is gone, and the other thread sees that as well
