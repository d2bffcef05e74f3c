"""REDIS_URL: Python gives redis-rs's answer, for a list of URLs by hand and for generated ones.

The list is `redis_urls.txt`, with the real crate's answers, so that it holds without cargo too.

    python -m tests.publishing.test_redis_url --record              ask the peer again and rewrite the answers
    REDIS_URL_EXAMPLES=200000 pytest tests/publishing/test_redis_url.py    more generated URLs than in a normal run
"""

from __future__ import annotations

import base64
import copy
import json
import os
import pickle
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checkpoint_notify.errors import RedisUrlError
from checkpoint_notify.redis_url import RedisUrl

from ..support.peer import Answer, Peer

EXAMPLES: Final = int(os.environ.get("REDIS_URL_EXAMPLES", "300"))
"""Generated URLs for each of the two ways to generate them."""
LIST: Final = Path(__file__).with_name("redis_urls.txt")
_ANSWER: Final = "    "


class Case(NamedTuple):
    """A URL of the list, and what the real crate made of it; None where that was not recorded."""

    url: str
    answer: Answer | None


def _read(text: str) -> list[Case]:
    """The cases: a URL is a line that is a JSON string; its answer is the indented line under it."""
    cases: list[Case] = []
    for line in text.splitlines():
        if line.startswith('"'):
            cases.append(Case(json.loads(line), None))
        elif line.startswith(_ANSWER):
            cases[-1] = Case(cases[-1].url, json.loads(line))
    return cases


def _write(text: str, answers: dict[str, Answer]) -> str:
    """The text of the list with these answers; its comments, and the order and spelling of its URLs, stay."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith(_ANSWER):
            lines.append(line)
        if line.startswith('"'):
            lines.append(_ANSWER + json.dumps(answers[json.loads(line)], sort_keys=True))
    return "\n".join(lines) + "\n"


CASES: Final = _read(LIST.read_text(encoding="utf-8"))


def answer_to(url: str) -> Answer:
    """Python's answer, in the peer's words."""
    try:
        parsed: dict[str, Any] = asdict(RedisUrl.parse(url))
    except RedisUrlError as error:
        return {"error": {"text": str(error)}}
    if parsed["unix_path"] is not None:
        path = os.fsencode(parsed["unix_path"])
        try:
            parsed["unix_path"] = path.decode()
        except UnicodeDecodeError:
            parsed |= {"unix_path": None, "unix_path_base64": base64.b64encode(path).decode()}
    return {"url": parsed}


# The list


def test_the_list_is_complete() -> None:
    """No case stands twice, none lacks its answer, and every text of an error is there."""
    assert len(CASES) >= 180
    assert len(CASES) == len({case.url for case in CASES})
    assert [] == [case.url for case in CASES if case.answer is None]
    texts = {case.answer["error"]["text"] for case in CASES if case.answer and "error" in case.answer}
    assert ERROR_TEXTS <= texts


ERROR_TEXTS: Final = {
    f"{text} - InvalidClientConfig"
    for text in (
        "Redis URL did not parse",
        "Missing hostname",
        "Missing path",
        "Cannot connect to a wildcard address (0.0.0.0 or ::)",
        "can't connect with TLS, the feature is not enabled",
        "Invalid database number",
        "Username is not valid UTF-8 string",
        "Password is not valid UTF-8 string",
    )
} | {"Invalid protocol version - InvalidClientConfig: 4"}


@pytest.mark.parametrize("case", [pytest.param(case, id=json.dumps(case.url)) for case in CASES])
def test_python_gives_the_recorded_answer(case: Case) -> None:
    """Target, database, user, password and protocol, or the error's text, are those recorded from the crate."""
    assert case.answer == answer_to(case.url)


def test_the_crate_gives_the_recorded_answers(peer: Peer) -> None:
    """The crate still gives every answer that is recorded."""
    answers = peer.url_many(case.url for case in CASES)
    assert [] == [(case, answer) for case, answer in zip(CASES, answers, strict=True) if case.answer != answer]


def test_recording_keeps_comments_and_spelling() -> None:
    """Answers are replaced and added; comments, blank lines and the spelling of a URL stay."""
    text = '# why\n\n"redis://\\u0068"\n    {"old": 1}\n"redis:"\n'
    written = _write(text, {"redis://h": {"url": {}}, "redis:": {"error": {}}})
    assert '# why\n\n"redis://\\u0068"\n    {"url": {}}\n"redis:"\n    {"error": {}}\n' == written
    assert [Case("redis://h", {"url": {}}), Case("redis:", {"error": {}})] == _read(written)


# Generated URLs

_CHARACTERS: Final = [*":@/?#[]\\&=%+.|^<", *" \t\n\r\0\x01\x1f\x7f\x85\xa0\ufeff", *"hé😀"]
_WORDS: Final = (  # noqa: SIM905 - sixty pairs of quotes would hide the words
    "// .. localhost 0.0.0.0 127.0.0.1 :: ::1 [::] [::1] 1:2 ffff 1.2.3.4 0 1 -1 +3 15 6379 65535 65536"
    " 9223372036854775807 9223372036854775808 -9223372036854775808 %2e %2E %2f %41 %4 %zz %00 %2B %ff %c3 %c3%a9"
    " %ed%a0%80 %e2%82 c: c| /../ /./ db= user= pass= protocol= resp3 3 u:p@ redis: unix:"
).split()
_PIECES: Final = st.sampled_from(_CHARACTERS + _WORDS) | st.characters(exclude_categories=["Cs"])
_TEXT: Final = st.lists(_PIECES, max_size=8).map("".join)
_SCHEMES: Final = st.sampled_from(
    ["redis", "valkey", "unix", "redis+unix", "valkey+unix", "rediss", "valkeys", "Redis", "UNIX", "http", "file", ""]
)
_HOSTS: Final = st.sampled_from(["h", "localhost", "", "0.0.0.0", "[::1]", "[::]", "é", "%41"]) | _TEXT
_GROUPS: Final = st.lists(
    st.sampled_from(["0", "0", "1", "ffff", "0aB0", ":", "::", "", "1.2.3.4", "255.0.01.1", "12345", "g"]), max_size=9
)
_ADDRESSES: Final = _GROUPS.map(lambda groups: f"redis://[{':'.join(groups)}]/1")
_WILD: Final = st.builds(
    lambda scheme, slashes, rest: f"{scheme}:{slashes}{rest}", _SCHEMES, st.sampled_from(["", "/", "//", "///"]), _TEXT
)


def _optional(mark: str, text: st.SearchStrategy[str], after: str = "") -> st.SearchStrategy[str]:
    return st.just("") | text.map(lambda part: f"{mark}{part}{after}")


_DATABASES: Final = st.integers().map(str) | _TEXT
_QUERIES: Final = st.lists(
    st.builds(
        lambda key, mark, value: f"{key}{mark}{value}",
        st.sampled_from(["protocol", "db", "user", "pass", "%64b", "Protocol"]) | _TEXT,
        st.sampled_from(["=", "=", "=", "", "=="]),
        st.sampled_from(["2", "3", "resp2", "resp3", "1", ""]) | _TEXT,
    ),
    max_size=4,
).map("&".join)
_SHAPED: Final = st.tuples(
    st.sampled_from(["redis://", "valkey://", "unix://", "redis+unix://"]),
    _optional("", _TEXT, "@"),
    _HOSTS,
    _optional(":", st.integers(0, 70000).map(str) | _TEXT),
    _optional("/", _DATABASES),
    _optional("?", _QUERIES),
    _optional("#", _TEXT),
).map("".join)

_by_the_thousand = settings(
    max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


@_by_the_thousand
@given(_WILD)
def test_both_answer_alike_to_hostile_pieces(peer: Peer, url: str) -> None:
    """A scheme and any pieces after it: mostly refused, at every point of the parser."""
    assert peer.url(url) == answer_to(url)


@_by_the_thousand
@given(_SHAPED | _ADDRESSES)
def test_both_answer_alike_to_shaped_urls(peer: Peer, url: str) -> None:
    """URLs of the right shape with hostile parts: many are accepted, so that values are compared."""
    assert peer.url(url) == answer_to(url)


# What no Rust test can show


@pytest.mark.parametrize("url", ["redis://h/\ud800", "redis://u:secret@h\udfff", "\udc80", "redis://\ud83d\ud83d"])
def test_lone_surrogates_are_refused(url: str) -> None:
    """No Rust string holds a lone surrogate: refused in our own words, which do not show the URL."""
    with pytest.raises(RedisUrlError, match=r"\ARedis URL has no UTF-8 form: lone surrogate at character \d+\Z"):
        RedisUrl.parse(url)


def test_repr_hides_the_password() -> None:
    """The repr and str show that there is a password, and not which."""
    url = RedisUrl.parse("redis://user:secret@h:1/2?protocol=3")
    shown = "RedisUrl(host='h', port=1, unix_path=None, db=2, username='user', password='***', protocol=3)"
    assert (shown, shown) == (repr(url), str(url))
    assert "password=None" in repr(RedisUrl.parse("redis://user@h"))
    assert "secret" not in repr(RedisUrl.parse("unix:///s?pass=secret"))


@pytest.mark.parametrize(
    "url",
    [
        "redis://u:secret%ff@h",
        "redis://u:secret@",
        "redis://u:secret@h:x",
        "redis://u:secret@h/x",
        "redis://u:secret\ud800@h",
        "redis://u:secret@[::x]",
        "unix:///s?pass=secret&db=x",
        "http://u:secret@h",
    ],
)
def test_errors_and_their_causes_hide_the_password(url: str) -> None:
    """Neither the error nor an exception chained to it carries the password (UnicodeDecodeError would)."""
    with pytest.raises(RedisUrlError) as caught:
        RedisUrl.parse(url)
    error: BaseException = caught.value
    assert "secret" not in repr(error)
    assert "secret" not in str(error)
    assert (None, None) == (error.__cause__, error.__context__)


def test_a_value_is_frozen_equal_and_copied_whole() -> None:
    """Equal by value, hashable, not to be changed, the same after copy and pickle."""
    url = RedisUrl.parse("redis://u:p@h:1/2")
    assert url == RedisUrl(host="h", port=1, db=2, username="u", password="p")
    assert {url} == {RedisUrl.parse("valkey://u:p@h:1/2")}
    assert url == copy.deepcopy(url) == pickle.loads(pickle.dumps(url))
    with pytest.raises(AttributeError):
        url.db = 3  # type: ignore[misc]


@pytest.mark.parametrize(
    ("start", "piece", "end"),
    [
        ("redis://", "a", ""),
        ("redis://", "a", ":x"),
        ("redis://", "@", "h"),
        ("redis://", ":", "@h"),
        ("redis://u:", "%41", "@h"),
        ("redis://u:", "\t", "@h"),
        ("redis://u:", "é", "@h"),
        ("redis://", "é", ""),
        ("redis://[", "0:", "]"),
        ("redis://", "[", ""),
        ("redis://h:", "0", "1"),
        ("redis://h:", "0", "x"),
        ("redis://h:", "1", ""),
        ("redis://h/", "0", "1"),
        ("redis://h/", "0", "x"),
        ("redis://h/", "1", ""),
        ("redis://h/", "../", ""),
        ("redis://h/", "a/", "../../x"),
        ("redis://h/", "/", "1"),
        ("redis://h/", "c:/..", ""),
        ("redis://h?", "a=1&", ""),
        ("redis://h?", "&", ""),
        ("redis://h?", "=", ""),
        ("redis://h?", "%", ""),
        ("redis://h?protocol=", "+", ""),
        ("unix:///", "%2e%2e/", ""),
        ("unix:///", "a", ""),
        (" ", " ", "redis://h"),
        ("", "a", ""),
        ("redis://h#", "#", ""),
    ],
)
def test_a_megabyte_takes_linear_time(peer: Peer, start: str, piece: str, end: str) -> None:
    """No repeated piece makes the parser slower than linear, and the answer is Rust's."""
    # Seconds of computing, not of waiting; the first, so that quadratic work fails in seconds.
    for size, limit in ((30_000, 1.0), (1_000_000, 5.0)):
        url = start + piece * (size // len(piece)) + end
        begin = time.thread_time()
        answer = answer_to(url)
        assert time.thread_time() - begin < limit
        assert peer.url(url) == answer


def record(program: Path) -> None:
    """Ask the peer for every URL of the list, and write its answers into it."""
    text = LIST.read_text(encoding="utf-8")
    urls = [case.url for case in _read(text)]
    with Peer(program) as peer:
        answers = dict(zip(urls, peer.url_many(urls), strict=True))
    LIST.write_text(_write(text, answers), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] != ["--record"]:
        sys.exit(__doc__)
    record(Path(__file__).parent.parent / "rust" / "target" / "debug" / "peer")


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://user:SECRET@localhost", "localhost:6379/0"),
        ("redis://user:SECRET@localhost:1/5", "localhost:1/5"),
        ("redis://[::1]:7/2", "[::1]:7/2"),
        ("redis://:SECRET@SECRET.example", "***.example:6379/0"),
        ("unix:///run/redis?user=user&pass=SECRET", "unix socket '/run/redis'"),
        ("unix:///run/SECRET/a%0Ab?pass=SECRET", "unix socket '/run/***/a\\nb'"),
    ],
)
def test_address(url: str, address: str) -> None:
    """The address is for people: on one line, without user and password."""
    assert address == RedisUrl.parse(url).address
