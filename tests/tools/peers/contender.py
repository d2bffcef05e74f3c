"""A decoder and an encoder of the benchmark as a peer: `python -m tests.tools.peers.contender "json + dataclass"`."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any, Final

from checkpoint_notify.conformance import Implementation, RefusedError, serve
from checkpoint_notify.conformance.values import from_protocol

from ..bench.contenders import DECODERS, ENCODERS, JSON, MSGSPEC, PYDANTIC_MODEL
from ..bench.messages import VALUES

VERSIONS: Final[dict[str, Callable[[], str]]] = {
    JSON: platform.python_version,
    MSGSPEC: lambda: version("msgspec"),
    PYDANTIC_MODEL: lambda: version("pydantic"),
}
"""The contenders that are peers, each with a function that returns the version of its decoder."""


def implementation(name: str) -> Implementation:
    """Return the contender of this name; its errors lack the members that it does not know."""
    decoder = next(one for one in DECODERS if one.name == name)
    encoder = next(one for one in ENCODERS if one.name == name)
    known = decoder.refusals if isinstance(decoder.refusals, tuple) else (decoder.refusals,)
    refusals: tuple[type[Exception], ...] = (*known, RecursionError)
    make: Any = type(encoder.message)

    def decode(payload: bytes) -> dict[str, Any]:
        try:
            message = decoder.decode(payload)
        except UnicodeDecodeError as error:
            raise RefusedError(category="utf8", offset=error.start) from error
        except refusals as error:
            raise RefusedError(text=str(error)) from error
        return {field: _shown(getattr(message, field)) for field in VALUES}

    def encode(value: Mapping[str, Any]) -> bytes:
        message = from_protocol(value)
        return encoder.encode(make(**{field: getattr(message, field) for field in VALUES}))

    return Implementation(name, VERSIONS[name](), decode, encode)


def _shown(field: Any) -> Any:
    """Return a field as the protocol writes it, for any type that the decoder accepts."""
    if isinstance(field, dict):
        return {name: str(text) for name, text in field.items()}
    return str(field)


if __name__ == "__main__":
    serve(implementation(sys.argv[1]))
