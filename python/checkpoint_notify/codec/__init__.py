"""Bytes to values and back, exactly as serde and serde_json do it; no I/O.

`layout` reads the fields of a generated dataclass into a table, which drives `decoder`, `encoder`, `checks` and
`normalizer`; `record` is the base class of the generated classes. `containers`, `scanner` and `numbers` know JSON as
serde_json reads it. A reader takes `(src, pos)` and returns `(pos, value)`; what
it refuses, it raises as a `DecodeError` at the byte at which serde_json would have noticed.
"""

from checkpoint_notify.codec.codec import Codec, Payload, codec_for

__all__ = ["Codec", "Payload", "codec_for"]
