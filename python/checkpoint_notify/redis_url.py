"""REDIS_URL, read as the Rust services read it: the answer of `redis::Client::open` in jflow-core's build.

redis-rs hands the text to the `url` crate, which follows the WHATWG URL standard. `redis:` and its kin are not special
schemes, so a small part of that standard is enough, and it is what stands here: trim control characters and spaces,
delete tabs and newlines, the scheme, an authority that ends at the first `/ ? #` and whose user info ends at the last
`@`, the opaque host, IPv6 addresses, the port, dot segments, and the query as a form. Percent-encode sets are left out:
all but the host is decoded again before use. No domain names are normalised: only special schemes do that.

This is its own code because the WHATWG libraries do not give the same answers: ada-url 4.0.0 and can_ada 3.0.0 in place
of `_split` differed on 24 of the 520 URLs in tests/publishing/redis_urls.txt. The `url` crate strays from the standard (`redis://@`
is a URL without host, a backslash ends a port, `..` does not leave a segment `c:`), and every rule about databases,
credentials, protocols and socket paths is redis-rs's own.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Literal, NamedTuple, NoReturn

from checkpoint_notify._redaction import redact
from checkpoint_notify.errors import RedisUrlError

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
    """Where a REDIS_URL leads, and as whom. The repr hides the password."""

    host: str | None = None
    """Host name or address, IPv6 without brackets; None for a unix socket."""
    port: int | None = None
    """TCP port, 0 to 65535; None for a unix socket."""
    unix_path: str | None = None
    """Path of the unix socket, as `os.fsdecode` gives it; None for TCP."""
    db: int = 0
    """Database number, any 64-bit signed integer: the server judges it."""
    username: str | None = None
    """ACL user. Kept without a password too, but then no AUTH is sent."""
    password: str | None = None
    """Password; None where no AUTH is to be sent. May be empty for a unix socket (`?pass=`)."""
    protocol: Literal[2, 3] = 2
    """RESP version to ask for."""

    @classmethod
    def parse(cls, url: str) -> RedisUrl:
        """Read a REDIS_URL.

        Raises RedisUrlError where redis-rs refuses the URL, with its text, and for lone surrogates, which no Rust
        string holds. The text never shows the URL; the name of an unknown protocol is all that redis-rs repeats.
        """
        parts = _split(url)
        if parts.scheme in _UNIX:
            return _unix(parts)
        return _tcp(parts)

    def __repr__(self) -> str:
        password = None if self.password is None else "***"
        return (
            f"RedisUrl(host={self.host!r}, port={self.port!r}, unix_path={self.unix_path!r}, db={self.db!r},"
            f" username={self.username!r}, password={password!r}, protocol={self.protocol!r})"
        )


def parse_redacted(url: str) -> RedisUrl:
    """Read a REDIS_URL; what RedisUrlError repeats of it is fit to be shown, and begins as Rust's notifier says it."""
    try:
        return RedisUrl.parse(url)
    except RedisUrlError as error:
        words, separator, quoted = str(error).partition(f"{_KIND}: ")
        raise RedisUrlError(f"Redis client error: {words}{separator}{redact(quoted, _password(url))}") from None


def _password(url: str) -> str | None:
    """The password in a URL that was refused; None if there is none, or the URL cannot be cut into pieces."""
    try:
        parts = _split(url)
        return _form(parts.query).get("pass") if parts.scheme in _UNIX else _credential(parts.password, "")
    except RedisUrlError:
        return None  # nothing of such a URL is repeated


class _Parts(NamedTuple):
    """A URL cut into pieces; user info, path and query still percent-encoded as they came."""

    scheme: str
    username: str
    password: str
    host: str
    """Ready for use; empty where there is none."""
    port: int | None
    path: str
    """Empty, or with a leading slash; an opaque path (`redis:x`) counts as empty, as nothing can be read from one."""
    query: str


def _fail(text: str, detail: str | None = None) -> NoReturn:
    suffix = "" if detail is None else f": {detail}"
    raise RedisUrlError(f"{text}{_KIND}{suffix}")


def _malformed() -> NoReturn:
    _fail("Redis URL did not parse")


# What redis-rs reads from the pieces, in its order: the order decides which of two faults is named.


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
    """None for bytes that are not UTF-8: the codec's own exception would carry the password along."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None


def _protocol(query: dict[str, str]) -> Literal[2, 3]:
    name = query.get("protocol", "2")
    if name not in _PROTOCOLS:
        _fail("Invalid protocol version", name)
    return _PROTOCOLS[name]


def _socket_path(path: str) -> str:
    """`Url::to_file_path`, which ends a Windows drive letter with a slash, on every system and in every directory."""
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
    """The bytes meant; a `%` without two hex digits stands for itself."""
    return _PERCENT_BYTE.sub(lambda match: bytes.fromhex(match[1].decode()), text.encode())


# The WHATWG part: from text to pieces.


def _split(url: str) -> _Parts:
    surrogate = _SURROGATE.search(url)
    if surrogate:
        raise RedisUrlError(f"Redis URL has no UTF-8 form: lone surrogate at character {surrogate.start()}")
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
    """User, password, host, port, and what of the path came without its slash; `bare` when the URL ends here."""
    userinfo, at, address = text.rpartition("@")
    username, _, password = userinfo.partition(":")
    host, port, path_start = _host_and_port(address)
    # The crate takes a lone `@`, and `:@`, for no user info at all, and a missing host is a fault of redis-rs's then.
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
    """The address as Rust's `Ipv6Addr` prints it: compressed, IPv4-mapped ones with a dotted end."""
    import ipaddress  # few URLs need it

    try:
        # WHATWG's grammar, but for the zone (`%eth0`), which WHATWG does not know.
        address = None if "%" in text else ipaddress.IPv6Address(text)
    except ipaddress.AddressValueError:
        address = None
    if address is None:
        _malformed()
    mapped = address.ipv4_mapped
    return f"::ffff:{mapped}" if mapped else str(address)


def _port(text: str) -> tuple[int | None, str]:
    """The port, None where there is none, and the path where a backslash begins one: the crate ends a port there."""
    digits, backslash, rest = text.partition("\\")
    match = _PORT.fullmatch(digits)
    # The length is asked first: int() refuses to read thousands of digits.
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
