"""Starts `checkpoint-notify` a hundred times in the time that a new interpreter takes to import it a few times.

The program has imported all that the command line needs, and is told over a socket what to run. A fork of it gets the
arguments, environment, folder and streams of that run, as a shell would give them, and calls `main` as the installed
script does. Between the two stands a process that waits for the end and reports the status.

A run comes as one JSON object, with four descriptors: stdin, stdout, stderr, and a pipe for the report, which gets the
process id and then the exit status, as `subprocess` has it, each on a line.
"""

from __future__ import annotations

import fcntl
import gc
import importlib
import json
import os
import pkgutil
import signal
import socket
import sys
import termios
from typing import Any

WARM = ("checkpoint_notify._sync.connection", "rich.live", "rich.progress")


def serve(orders: socket.socket) -> None:
    """Run what is asked for until the other end is closed."""
    while True:
        message, streams, _, _ = socket.recv_fds(orders, 1 << 20, 4)
        if not message:
            return
        keeper = os.fork()
        if not keeper:
            orders.close()
            os._exit(keep(json.loads(message), streams))
        for stream in streams:
            os.close(stream)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks for a keeper's status


def keep(order: dict[str, Any], streams: list[int]) -> int:
    """Fork once more, wait for that one, and report."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *standard, report = streams
    child = os.fork()
    if not child:
        os.close(report)
        run(order, standard)
    for stream in standard:
        os.close(stream)
    os.write(report, b"%d\n" % child)
    _, status = os.waitpid(child, 0)
    os.write(report, b"%d\n" % os.waitstatus_to_exitcode(status))
    return 0


def run(order: dict[str, Any], standard: list[int]) -> None:
    """Become the command; SystemExit ends the process as it would end the script."""
    os.setsid()
    for number, stream in enumerate(standard):
        os.dup2(stream, number)
    for stream in standard:
        os.close(stream)
    if os.isatty(0):
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    os.chdir(order["folder"])
    os.environ.clear()
    os.environ.update(order["environment"])
    sys.argv = ["checkpoint-notify", *order["arguments"]]
    from checkpoint_notify.cli import main

    main()


def warm_up() -> None:
    """Import everything that a command may import."""
    package = importlib.import_module("checkpoint_notify.cli")
    for module in pkgutil.iter_modules(package.__path__):
        if module.name != "__main__":
            importlib.import_module(f"checkpoint_notify.cli.{module.name}")
    for name in WARM:
        importlib.import_module(name)
    gc.freeze()  # or each fork would copy all the memory that its collector looks through


if __name__ == "__main__":
    warm_up()
    serve(socket.socket(fileno=int(sys.argv[1])))
