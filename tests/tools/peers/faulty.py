"""This package as a faulty peer: `python -m tests.tools.peers.faulty MODE [FIFO]`.

A mode of `AT_TARGET` fails at a request for one of the two vectors `TARGETS`; a mode of `ALWAYS` fails from the start.
The FIFO stays open while the peer, or a child that it left behind, is alive. The peer writes a byte to it before a mode
begins.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any, Final, NoReturn, TypeAlias

from checkpoint_notify.conformance.peer import OURS
from checkpoint_notify.conformance.serving import answer
from checkpoint_notify.resources import vectors

Response: TypeAlias = dict[str, Any]

TARGETS: Final = [
    next(vector for vector in vectors("canonical") if vector.name == "readme"),
    next(vector for vector in vectors("refused") if vector.name == "trailing_word"),
]
_PAYLOADS: Final = [base64.b64encode(vector.payload).decode() for vector in TARGETS]
_LONG: Final = 1 << 21
_LONG_TIME: Final = 600.0


def write(data: bytes) -> None:
    """Write to the runner at once."""
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def say(response: Response) -> None:
    """A response line."""
    write(json.dumps(response).encode() + b"\n")


def sleep(_: object = None) -> NoReturn:
    """Sleep longer than any test waits, and ignore all signals that can be ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    time.sleep(_LONG_TIME)
    os._exit(0)


def crash(_: object) -> NoReturn:
    """End with a message on stderr."""
    print("out of \x1b[31mcheese", file=sys.stderr, flush=True)
    os._exit(3)


def leave_a_child(_: object) -> NoReturn:
    """End, and leave a child that holds all pipes open."""
    subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({_LONG_TIME})"], close_fds=False)
    os._exit(0)


def close_output(_: object) -> NoReturn:
    """Keep running, and never answer again."""
    os.close(1)
    sleep()


def half_a_line(_: object) -> NoReturn:
    """End in the middle of an answer."""
    write(b'{"id": ')
    os._exit(0)


def flood(_: object) -> NoReturn:
    """Write lines without end; none is an answer."""
    while True:
        write(b"{}\n" * 1000)


def answer_and_flood(response: Response) -> NoReturn:
    """Write the correct answer, then lines without end."""
    say(response)
    flood(response)


def long_line(_: object) -> NoReturn:
    """Write a line that does not end."""
    while True:
        write(b" " * _LONG)


def chatter(response: Response) -> None:
    """Write more to stderr than a pipe holds, then the correct answer."""
    print("la " * _LONG, file=sys.stderr, flush=True)
    say(response)


def twice(response: Response) -> None:
    """Write the correct answer twice."""
    write(2 * (json.dumps(response).encode() + b"\n"))


def stay(op: str, response: Response) -> None:
    """Answer `stop`, and keep running."""
    say(response)
    if op == "stop":
        sleep()


def end_badly(op: str, response: Response) -> None:
    """Answer `stop`, and end with an error."""
    say(response)
    if op == "stop":
        os._exit(7)


def instead(**members: Any) -> Callable[[Response], None]:
    """Return another answer with the correct id."""
    return lambda response: say({"id": response["id"], **members})


def within(member: str, **changes: Any) -> Callable[[Response], None]:
    """Return the correct answer with this member changed, if it has the member."""
    return lambda response: say({**response, member: response[member] | changes} if member in response else response)


def other_bytes(change: Callable[[bytes], bytes]) -> Callable[[Response], None]:
    """Return the correct bytes, changed."""

    def wrong(response: Response) -> None:
        if "payload" in response:
            response["payload"] = base64.b64encode(change(base64.b64decode(response["payload"]))).decode()
        say(response)

    return wrong


def _other_order(payload: bytes) -> bytes:
    message = json.loads(payload)
    message["metadata"] = dict(reversed(message["metadata"].items()))
    return json.dumps(message, separators=(",", ":"), ensure_ascii=False).encode()


AT_TARGET: Final[dict[str, Callable[[Response], None]]] = {
    "crash": crash,
    "abort": lambda _: os.kill(os.getpid(), signal.SIGKILL),
    "leave_a_child": leave_a_child,
    "close_output": close_output,
    "hang": sleep,
    "half_a_line": half_a_line,
    "flood": flood,
    "answer_and_flood": answer_and_flood,
    "long_line": long_line,
    "chatter": chatter,
    "twice": twice,
    "garbage": lambda _: write(b"hm?\n"),
    "latin_1": lambda response: write(b'{"id": %d, "failure": "\xe9"}\n' % response["id"]),
    "not_an_object": lambda _: write(b"[]\n"),
    "nan": lambda response: write(b'{"id": %d, "error": {"line": NaN}}\n' % response["id"]),
    "infinite": lambda response: write(b'{"id": %d, "value": {"version": 1e999}}\n' % response["id"]),
    "name_twice": lambda response: write(json.dumps(response).encode().replace(b"{", b'{"id": 0, ', 1) + b"\n"),
    "deep": lambda response: write(b'{"id": %d, "value": %s}\n' % (response["id"], b'{"a":' * 900 + b"1" + b"}" * 900)),
    "deepest": lambda _: write(b"[" * 100_000 + b"\n"),
    "other_id": lambda response: say({**response, "id": response["id"] + 1}),
    "id_is_true": lambda response: say({**response, "id": True}),
    "no_id": lambda response: say({name: member for name, member in response.items() if name != "id"}),
    "failure": instead(failure="could not: \x1b[31mred\n::error::"),
    "failure_without_id": lambda _: say({"id": None, "failure": "what?"}),
    "unsupported": instead(failure="unsupported"),
    "two_verdicts": lambda response: say({**response, "failure": "or not"}),
    "unknown_member": lambda response: say({**response, "note": "hi"}),
    "nothing": instead(),
    "error_is_text": instead(error="no"),
    "line_is_true": within("error", line=True),
    "accept": instead(value={}),
    "refuse": instead(error={}),
    "other_version": within("value", version="43"),
    "version_as_number": within("value", version=42),
    "one_field_more": within("value", epoch="1"),
    "other_column": within("error", column=1),
    "other_text": within("error", text="no"),
    "newline_after": other_bytes(lambda payload: payload + b"\n"),
    "cut": other_bytes(lambda payload: payload[:-1]),
    "spaces": other_bytes(lambda payload: payload.replace(b":", b": ", 1)),
    "other_number": other_bytes(lambda payload: payload.replace(b":42,", b":43,")),
    "other_order": other_bytes(_other_order),
}
"""The fault of each mode, in place of the correct response."""

ALWAYS: Final[dict[str, Callable[[str, Response], None]]] = {
    "deaf_after_hello": lambda op, response: say(response) if op == "hello" else sleep(),
    "crashes_always": lambda op, response: say(response) if op == "hello" else crash(response),
    "protocol_2": lambda _, response: say({**response, "protocol": 2}),
    "other_message": lambda _, response: say({**response, "message": "weather"}),
    "hello_fails": lambda _, response: say({"id": response["id"], "failure": "shy"}),
    "hello_lacks_a_name": lambda _, response: say({**response, "name": None}),
    "ignores_stop": lambda op, response: sleep() if op == "stop" else say(response),
    "stays_after_stop": stay,
    "ends_badly": end_badly,
    "cannot_stop": lambda op, response: say({"id": response["id"], "failure": "no"} if op == "stop" else response),
}
"""The same, for each request; the first argument is its `op`."""


def main(mode: str, fifo: str | None = None) -> None:
    """Serve requests with the fault of the mode."""
    held = [] if fifo is None else [os.open(fifo, os.O_WRONLY)]
    for descriptor in held:
        os.set_inheritable(descriptor, True)
    for line in sys.stdin.buffer:
        request, response = json.loads(line), json.loads(answer(OURS, line))
        if mode in ALWAYS:
            for descriptor in held:
                os.write(descriptor, b"x")
            ALWAYS[mode](request["op"], response)
        elif request.get("payload") in _PAYLOADS or request.get("value") == TARGETS[0].value:
            for descriptor in held:
                os.write(descriptor, b"x")
            AT_TARGET[mode](response)
        else:
            say(response)
        if request["op"] == "stop":
            break


if __name__ == "__main__":
    main(*sys.argv[1:])
