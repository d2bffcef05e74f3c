"""REDIS_URL, read as the Rust services read it: the answer of `redis::Client::open` in jflow-core's build.

redis-rs (`parse_redis_url` in src/connection.rs) passes the text to the `url` crate, which follows the WHATWG URL
standard. `redis:`, `valkey:` and `unix:` are not special schemes, so this module needs a small part of that standard
only: trim control characters and spaces, delete tabs and newlines, the scheme, an authority that ends at the first
`/ ? #` and whose user info ends at the last `@`, the opaque host, IPv6 addresses, the port, dot segments, and the query
as a form. Percent-encode sets are left out, because everything except the host is decoded again before use. Domain
names are not normalised: the standard does that for special schemes only.

No WHATWG library is used, because their answers differ: ada-url 4.0.0 and can_ada 3.0.0 in place of `_split` differed
on 24 of the 520 URLs in tests/publishing/redis_urls.txt. The `url` crate deviates from the standard (`redis://@` is a
URL without host, a backslash ends a port, `..` does not leave a segment `c:`). The rules about databases, credentials,
protocols and socket paths are redis-rs's own.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Literal, NamedTuple, NoReturn

from checkpoint_notify._redaction import redact
from checkpoint_notify.errors import RedisUrlError

__all__ = ["RedisUrl"]

_TCP = frozenset({"redis", "valkey"})
_TLS = frozenset({"rediss", "valkeys"})
_UNIX = frozenset({"unix", "redis+unix", "valkey+unix"})
_DEFAULT_PORT = 6379
_MAX_PORT = 0xFFFF
_MIN_I64, _MAX_I64 = -(2**63), 2**63 - 1
_PROTOCOLS: dict[str, Literal[2, 3]] = {"2": 2, "resp2": 2, "3": 3, "resp3": 3}

_KIND = " - InvalidClientConfig"
_C0_AND_SPACE = "".join(map(chr, range(0x21)))
_TABS_AND_NEWLINES = str.maketrans("", "", "\t\n\r")
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_FORBIDDEN_IN_HOST = re.compile(r"[\0 <>\[\\\]^|]")
_ENCODED_IN_HOST = re.compile(rb"[\x00-\x1f\x7f-\xff]+")
_PERCENT_BYTE = re.compile(rb"%([0-9A-Fa-f]{2})")
# Possessive (`*+`), so that a megabyte of zeros before a wrong character is read once.
_PORT = re.compile(r"0*+([0-9]*+)")
_DATABASE = re.compile(r"([+-]?)(?=[0-9])0*+([0-9]{0,19}+)")
_DRIVE_LETTER = re.compile(r"[A-Za-z][:|](?:\\|\Z)")
_DRIVE_LETTER_AT_END = re.compile(rb"[A-Za-z][:|]\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisUrl:
    """The server, the database and the user that a REDIS_URL names. The repr hides the password."""

    host: str | None = None
    """Host name or address, IPv6 without brackets; None for a unix socket."""
    port: int | None = None
    """TCP port, 0 to 65535; None for a unix socket."""
    unix_path: str | None = None
    """Path of the unix socket, as `os.fsdecode` gives it; None for TCP."""
    db: int = 0
    """Database number, any 64-bit signed integer; only the server can say whether it exists."""
    username: str | None = None
    """ACL user. It is kept if there is no password, but no AUTH is sent then."""
    password: str | None = None
    """Password; None if no AUTH is to be sent. It may be empty for a unix socket (`?pass=`)."""
    protocol: Literal[2, 3] = 2
    """RESP version to ask for."""

    @classmethod
    def parse(cls, url: str) -> RedisUrl:
        """Read a REDIS_URL.

        Raises RedisUrlError with redis-rs's text if redis-rs refuses the URL, and for lone surrogates, which no Rust
        string holds. Of the URL, redis-rs's text repeats only the name of an unknown protocol.
        """
        try:
            return _parse(url)
        except _RefusedUrl as refused:
            error = RedisUrlError(refused.text + refused.quoted)
        raise error  # outside the `except`: the error would keep a reference to what was refused

    @property
    def address(self) -> str:
        """The server's address, for people: no credentials, and the password hidden in the host and in the path."""
        if self.unix_path is not None:
            return f"unix socket '{redact(self.unix_path, self.password)}'"
        host = redact(self.host or "", self.password)
        return f"[{host}]:{self.port}/{self.db}" if ":" in host else f"{host}:{self.port}/{self.db}"

    def __repr__(self) -> str:
        password = None if self.password is None else "***"
        return (
            f"RedisUrl(host={self.host!r}, port={self.port!r}, unix_path={self.unix_path!r}, db={self.db!r},"
            f" username={self.username!r}, password={password!r}, protocol={self.protocol!r})"
        )


def parse_redacted(url: str) -> RedisUrl:
    """Read a REDIS_URL for a notifier or a listener.

    The text of its RedisUrlError begins as the error of Rust's notifier does. The password is hidden in what the text
    repeats of the URL.
    """
    try:
        return _parse(url)
    except _RefusedUrl as refused:
        error = RedisUrlError(f"Redis client error: {refused.text}{redact(refused.quoted, _password(url))}")
    raise error


class _RefusedUrl(Exception):  # noqa: N818  # it becomes a RedisUrlError before a caller sees it
    """redis-rs refuses this URL."""

    def __init__(self, text: str, quoted: str = "") -> None:
        super().__init__(text)
        self.text = text
        self.quoted = quoted
        """What the text repeats of the URL, at its end."""


def _password(url: str) -> str | None:
    """The password in a URL that was refused; None if there is none, or if the URL cannot be split."""
    try:
        parts = _split(url)
        return _form(parts.query).get("pass") if parts.scheme in _UNIX else _credential(parts.password, "")
    except _RefusedUrl:
        return None  # the text repeats nothing of such a URL


class _Parts(NamedTuple):
    """The parts of a URL; user info, path and query are still percent-encoded."""

    scheme: str
    username: str
    password: str
    host: str
    """Ready for use; empty if there is none."""
    port: int | None
    path: str
    """Empty, or with a leading slash; an opaque path (`redis:x`) counts as empty, redis-rs does not read it."""
    query: str


def _fail(text: str) -> NoReturn:
    raise _RefusedUrl(f"{text}{_KIND}")


def _malformed() -> NoReturn:
    _fail("Redis URL did not parse")


# redis-rs, src/connection.rs: `url_to_tcp_connection_info` and `url_to_unix_connection_info`. The checks keep its
# order: if a URL has two faults, the order decides which of them is named.


def _parse(url: str) -> RedisUrl:
    parts = _split(url)
    return _unix(parts) if parts.scheme in _UNIX else _tcp(parts)


def _tcp(parts: _Parts) -> RedisUrl:
    if not parts.host:
        _fail("Missing hostname")
    if parts.host in ("0.0.0.0", "::"):
        _fail("Cannot connect to a wildcard address (0.0.0.0 or ::)")
    if parts.scheme in _TLS:
        _fail("can't connect with TLS, the feature is not enabled")
    path = parts.path.strip("/")
    return RedisUrl(
        host=parts.host,
        port=_DEFAULT_PORT if parts.port is None else parts.port,
        db=_database(path) if path else 0,
        username=_credential(parts.username, "Username is not valid UTF-8 string"),
        password=_credential(parts.password, "Password is not valid UTF-8 string"),
        protocol=_protocol(_form(parts.query)),
    )


def _unix(parts: _Parts) -> RedisUrl:
    if not parts.path or parts.host not in ("", "localhost"):
        _fail("Missing path")
    query = _form(parts.query)
    return RedisUrl(
        unix_path=_socket_path(parts.path),
        db=_database(query["db"]) if "db" in query else 0,
        username=query.get("user"),
        password=query.get("pass"),
        protocol=_protocol(query),
    )


def _database(text: str) -> int:
    """Rust's `i64::from_str`."""
    match = _DATABASE.fullmatch(text)
    if match is None:
        _fail("Invalid database number")
    number = int(match[1] + (match[2] or "0"))
    if not _MIN_I64 <= number <= _MAX_I64:
        _fail("Invalid database number")
    return number


def _credential(text: str, complaint: str) -> str | None:
    if not text:
        return None
    decoded = _utf8(_percent_decode(text))
    if decoded is None:
        _fail(complaint)
    return decoded


def _utf8(data: bytes) -> str | None:
    """The text, or None if the bytes are not UTF-8: Python's UnicodeDecodeError would hold the password."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _protocol(query: dict[str, str]) -> Literal[2, 3]:
    name = query.get("protocol", "2")
    if name not in _PROTOCOLS:
        raise _RefusedUrl(f"Invalid protocol version{_KIND}: ", name)
    return _PROTOCOLS[name]


def _socket_path(path: str) -> str:
    """The path as `Url::to_file_path` of the `url` crate gives it: a Windows drive letter at its end gets a slash."""
    decoded = _percent_decode(path)
    if _DRIVE_LETTER_AT_END.search(decoded):
        decoded += b"/"
    return os.fsdecode(decoded)


def _form(query: str) -> dict[str, str]:
    """The pairs of a query; the last of equal keys wins."""
    pairs = (pair.partition("=") for pair in query.split("&"))
    return {_form_decode(key): _form_decode(value) for key, _, value in pairs}


def _form_decode(text: str) -> str:
    return _percent_decode(text.replace("+", " ")).decode(errors="replace")


def _percent_decode(text: str) -> bytes:
    """Return the decoded bytes; a `%` without two hex digits is kept."""
    return _PERCENT_BYTE.sub(lambda match: bytes.fromhex(match[1].decode()), text.encode())


# The WHATWG part: from the text to the parts of the URL.


def _split(url: str) -> _Parts:
    surrogate = _SURROGATE.search(url)
    if surrogate:
        raise _RefusedUrl(f"Redis URL has no UTF-8 form: lone surrogate at character {surrogate.start()}")
    text = url.strip(_C0_AND_SPACE).translate(_TABS_AND_NEWLINES)
    match = _SCHEME.match(text)
    scheme = match[1].lower() if match else ""
    if match is None or scheme not in _TCP | _TLS | _UNIX:
        _malformed()
    rest = text[match.end() :]
    hierarchy, _, query = rest.partition("#")[0].partition("?")
    if not hierarchy.startswith("//"):
        path = _without_dots(hierarchy) if hierarchy.startswith("/") else ""
        return _Parts(scheme, "", "", "", None, path, query)
    authority, slash, path = hierarchy[2:].partition("/")
    username, password, host, port, path_start = _authority(authority, bare=rest == "//" + authority)
    path = path_start + slash + path
    return _Parts(scheme, username, password, host, port, _without_dots(path) if path else "", query)


def _authority(text: str, *, bare: bool) -> tuple[str, str, str, int | None, str]:
    """User, password, host, port, and the start of a path that has no slash. `bare`: the URL ends here."""
    userinfo, at, address = text.rpartition("@")
    username, _, password = userinfo.partition(":")
    host, port, path_start = _host_and_port(address)
    # The crate reads a lone `@`, and `:@`, as no user info at all. redis-rs complains about the missing host then.
    if not host and (username or password or (at and not userinfo and not bare)):
        _malformed()
    return username, password, host, port, path_start


def _host_and_port(text: str) -> tuple[str, int | None, str]:
    if text.startswith("["):
        address, bracket, rest = text[1:].partition("]")
        if not bracket or rest[:1] not in ("", ":"):
            _malformed()
        host, port = _ipv6(address), rest[1:]
    else:
        name, colon, port = text.partition(":")
        if colon and not name:
            _malformed()
        host = _opaque_host(name)
    return host, *_port(port)


def _opaque_host(text: str) -> str:
    if _FORBIDDEN_IN_HOST.search(text):
        _malformed()
    return _ENCODED_IN_HOST.sub(lambda match: b"%" + match[0].hex("%").upper().encode(), text.encode()).decode()


def _ipv6(text: str) -> str:
    """The address as Rust's `Ipv6Addr` prints it: compressed, an IPv4-mapped one with a dotted end."""
    import ipaddress  # few URLs need it

    try:
        # Python's grammar is WHATWG's plus the zone (`%eth0`), which WHATWG does not have.
        address = None if "%" in text else ipaddress.IPv6Address(text)
    except ipaddress.AddressValueError:
        address = None
    if address is None:
        _malformed()
    mapped = address.ipv4_mapped
    return f"::ffff:{mapped}" if mapped else str(address)


def _port(text: str) -> tuple[int | None, str]:
    """The port, or None, and the start of a path after a backslash: the crate ends a port at a backslash."""
    digits, backslash, rest = text.partition("\\")
    match = _PORT.fullmatch(digits)
    # The length is checked first, because int() refuses thousands of digits.
    if match is None or len(match[1]) > 5 or int(match[1] or "0") > _MAX_PORT:
        _malformed()
    path_start = f"/{backslash}{rest}" if backslash else ""
    return int(match[1] or "0") if digits else None, path_start


def _without_dots(path: str) -> str:
    """A path with its dot segments resolved; `%2e` is a dot. A Windows drive letter stays, as in the crate."""
    kept: list[str] = []
    segments = path[1:].split("/")
    for segment in segments:
        dots = segment.lower().replace("%2e", ".") if len(segment) <= len("%2e%2e") else ""
        if dots == "..":
            if kept and not _DRIVE_LETTER.match(kept[-1]):
                kept.pop()
        elif dots != ".":
            kept.append(segment)
    if dots in (".", ".."):
        kept.append("")
    return "/" + "/".join(kept)
