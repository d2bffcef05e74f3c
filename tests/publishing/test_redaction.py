"""Passwords are hidden in what a server, redis-py or a URL says, in all its forms; our own words are never searched."""

from __future__ import annotations

import logging
import pickle
import traceback
from collections.abc import Iterator
from typing import Any, Final
from urllib.parse import quote

import pytest

from checkpoint_notify import CheckpointNotification, Disconnected, NotSentError, PublishError, RedisUrlError
from checkpoint_notify._protocol.resp import RespParser
from checkpoint_notify._redaction import TransportError, one_line, presentable, redact, redact_errors

from ..support.flavours import FlavourNotifier
from ..support.listeners import Listen
from ..support.loopback import HANG_UP, LoopbackServer, scripted

SAVED: Final = CheckpointNotification.new("model.bin", "lstm")
OK: Final = (b"AUTH", b"+OK\r\n")
PONG: Final = (b"PING", b"+PONG\r\n")
OWN_WORDS: Final = [
    "server", "Redis", "timed out", "closed", "the", "nothing", "was", "a", "e", "reply", "number", "instead",
    "connection", "error", "PUBLISH", "check", "REDIS_URL", "os error", "refused", "REDIS", " ", "'", "sent",
]  # fmt: skip


def failure(publisher: FlavourNotifier, handler: Any, password: str) -> PublishError:
    """The error of a publish with this password."""
    with LoopbackServer(handler) as server:
        url = server.url.replace("//", f"//:{quote(password, safe='')}@")
        with pytest.raises(PublishError) as caught:
            publisher.publish(url, SAVED)
    return caught.value


@pytest.mark.parametrize("password", OWN_WORDS)
def test_our_own_text_is_not_redacted(
    publisher: FlavourNotifier, password: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gap in our own sentence would reveal the password."""
    monkeypatch.setattr("checkpoint_notify._protocol.publishing.CONNECT_SECONDS", 30.0)
    words = [
        str(failure(publisher, scripted((b"AUTH", HANG_UP)), password)),
        str(failure(publisher, scripted(OK, PONG, (b"PUBLISH", b"$-1\r\n")), password)),
        str(failure(publisher, scripted(OK, PONG, (b"PUBLISH", HANG_UP)), password)),
    ]
    with pytest.raises(NotSentError) as caught:
        publisher.publish(f"redis://:{quote(password, safe='')}@127.0.0.1:1", SAVED)
    words.append(str(caught.value))
    assert "***" not in "".join(words)


PASSWORDS: Final = ["SECRET", "SEC\nRET", "SÉCRÈT", "SEC'RE\\T", "SEC RET", 'SEC"RET', "S\u2028CRET"]
FORMS: Final[dict[str, Any]] = {
    "plain": lambda password: password,
    "url": lambda password: quote(password, safe=""),
    "repr": lambda password: repr(password)[1:-1],
    "bytes": lambda password: repr(password.encode())[2:-1],
}
SENT: Final = [
    pytest.param(password, FORMS[form](password), id=f"{form}-{number}")
    for number, password in enumerate(PASSWORDS)
    for form in FORMS
    if (form, password) != ("plain", "SEC\nRET")  # redis-py takes no line feed in a reply
]


@pytest.mark.parametrize(("password", "repeated"), SENT)
@pytest.mark.parametrize("place", ["AUTH", "PUBLISH", "odd reply", "garbage"])
def test_no_form_of_the_password_is_shown(publisher: FlavourNotifier, password: str, repeated: str, place: str) -> None:
    """No error in the chain shows it, in whatever form the server repeats it."""
    sent = repeated.encode()
    handlers = {
        "AUTH": scripted((b"AUTH", b"-WRONGPASS " + sent + b" is wrong\r\n")),
        "PUBLISH": scripted(OK, PONG, (b"PUBLISH", b"-ERR " + sent + b"\r\n")),
        "odd reply": scripted(OK, PONG, (b"PUBLISH", b"+" + b"x" * 40 + sent + b"\r\n")),
        "garbage": scripted(OK, PONG, (b"PUBLISH", sent + b"\xff\r\n" + HANG_UP)),
    }
    error = failure(publisher, handlers[place], password)
    shown = "".join(traceback.format_exception(error)) + "".join(map(repr, chain(error)))
    for piece in (password, repeated, "SEC", "CRET"):
        assert piece not in shown


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and all those behind it."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def test_text_with_a_very_short_password_is_withheld() -> None:
    """Redaction would reveal it by what is missing."""
    shown = redact("WRONGPASS invalid username-password pair", "a")
    assert "WRONGPASS" not in shown
    assert "***" in shown
    assert "ERR *** is wrong" == redact("ERR pass1 is wrong", "pass1")


def test_the_password_is_hidden_in_url_errors(publisher: FlavourNotifier) -> None:
    """Rust repeats a part of the URL."""
    for url in ("redis://:SECRET@h?protocol=SECRET", "unix:///s?pass=SECRET&protocol=SECRET", "unix:///s?pass=SE%43RET&protocol=xSE%43RET"):  # fmt: skip  # noqa: E501
        with pytest.raises(RedisUrlError) as caught:
            publisher.publish(url, SAVED)
        assert "SECRET" not in "".join(traceback.format_exception(caught.value))
        assert str(caught.value).startswith("Redis client error: Invalid protocol version - InvalidClientConfig: ")


def test_the_callers_exception_is_not_chained(publisher: FlavourNotifier) -> None:
    """An exception that the caller was handling stays unchanged, and is not the cause of the publish's error."""
    try:
        raise OSError(28, "SECRET")
    except OSError as mine:
        kept = mine
        with pytest.raises(PublishError) as caught:
            failing(publisher)
    assert (28, "SECRET") == kept.args
    assert "No space left" not in str(caught.value)


def failing(publisher: FlavourNotifier) -> None:
    """A publish that the server refuses."""
    with LoopbackServer(scripted(OK, PONG, (b"PUBLISH", b"-ERR no\r\n"))) as server:
        publisher.publish(server.url.replace("//", "//:SECRET@"), SAVED)


@pytest.mark.parametrize("password", ["server", "the", "closed", "connection", "answered", "to", "SECRET"])
@pytest.mark.parametrize(
    ("reply", "begin"),
    [
        (HANG_UP, "the server closed the connection"),
        (b"-ERR SECRET\r\n", "the server answered: ERR "),
        (b"SECRET\r\n", "the server sent '"),
        (b"$3\r\nSECRET\r\n", "the server sent a string that is longer than its length"),
        (b"*3\r\n$9\r\nsubscribe\r\n$6\r\nSECRET\r\n:1\r\n", "the server sent '"),
    ],
)
def test_the_password_is_hidden_in_listener_errors(
    listen: Listen, password: str, reply: bytes, begin: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It is in neither `Disconnected.error` nor the log."""
    caplog.set_level(logging.DEBUG)
    with LoopbackServer(scripted(OK, (b"SUBSCRIBE", reply))) as server:
        url = server.url.replace("//", f"//:{password}@")
        with listen(redis_url=url, connect_timeout=60.0) as listener:
            event = listener.ask().result(60.0)
    assert isinstance(event, Disconnected)
    assert str(event.error).startswith(begin)
    assert str(event.error) in caplog.text
    if password == "SECRET":
        assert "SECRET" not in caplog.text + repr(event.error) + str(event)


def test_quotes_are_shortened_after_redaction() -> None:
    """Half a password at the end of a quote would not be found."""
    error = TransportError("the server sent '", "x" * 297 + "SECRET", "' here")
    redact_errors(error, "SECRET")
    assert "SEC" not in str(error)
    assert str(error).endswith("***' here")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_protocol_errors_quote_the_servers_text() -> None:
    """A fault of the protocol can be made presentable."""
    with pytest.raises(TransportError) as caught:
        list(RespParser(b"c").feed(b"SERVER\x1b\xff\r\n"))
    assert "the server sent '***\\x1b\ufffd' where a reply was expected" == str(presentable(caught.value, "SERVER"))


def test_text_is_shown_on_one_line() -> None:
    """Printable text stays as it is, all else is shown as Python shows it."""
    assert "ünï😀 \\ '" == one_line("ünï😀 \\ '")
    assert r"\n\r\t\x00\x1b\x7f\x85\u2028\u2029\ud800\u200b\xa0" == one_line(
        "\n\r\t\0\x1b\x7f\x85\u2028\u2029\ud800\u200b\xa0"
    )


def test_shown_errors_have_no_password_and_no_traceback() -> None:
    """They have no chained errors either."""
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
