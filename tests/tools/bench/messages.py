"""The payloads to time: the README's message, others with the same value, and refused ones."""

from __future__ import annotations

import json
from typing import Any, Final

from checkpoint_notify.resources import vectors

CANONICAL: Final = next(vector.payload for vector in vectors("canonical") if vector.name == "readme")
"""As Rust writes it; 223 bytes."""

VALUES: Final[dict[str, Any]] = json.loads(CANONICAL)
"""The same by field name."""

_UNKNOWN: Final = b',"epoch":17,"tags":["nightly","eu"],"host":{"name":"gpu-3","gpus":8}}'

SPACED: Final = json.dumps(VALUES).encode()
WITHOUT_METADATA: Final = CANONICAL[: CANONICAL.index(b',"metadata"')] + b"}"
WITH_UNKNOWN_FIELDS: Final = CANONICAL.removesuffix(b"}") + _UNKNOWN
ARRAY: Final = json.dumps(list(VALUES.values()), separators=(",", ":")).encode()

REFUSED: Final[dict[str, bytes]] = {
    "truncated": CANONICAL[:150],
    "wrong type": CANONICAL.replace(b'"version":42', b'"version":"42"'),
    "missing field": CANONICAL.replace(b'"training_step":125000,', b""),
    "out of range": CANONICAL.replace(b'"version":42', b'"version":-1'),
}
"""One fault each."""
