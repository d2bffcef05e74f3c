"""A model on disk that is either whole or refused.

For a real one, put its bytes in the place of the JSON text.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Model:
    """What is trained."""

    step: int
    weights: list[float]


class TornFileError(ValueError):
    """A file that is cut short, still being written, or no model at all."""


def save(path: Path, model: Model) -> str:
    """Whoever opens the file finds a whole model, the old or the new one.

    Returns the SHA-256 of the model, in hex. One process at a time may save.
    """
    body = json.dumps(asdict(model)).encode()
    digest = hashlib.sha256(body).hexdigest()
    # In the same folder: a rename is atomic within one file system only.
    beside = path.with_name(path.name + ".tmp")
    with beside.open("wb") as file:
        file.write(digest.encode() + b"\n" + body)
        file.flush()
        # Else, after a power cut, the name could be there without the bytes.
        os.fsync(file.fileno())
    beside.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the rename itself
    finally:
        os.close(folder)
    return digest


def load(path: Path) -> Model:
    """Read and check a model.

    Raises OSError, or TornFileError when this is not what was saved.
    """
    digest, _, body = path.read_bytes().partition(b"\n")
    if hashlib.sha256(body).hexdigest().encode() != digest:
        raise TornFileError(f"{path}: the checksum is not that of the content")
    return Model(**json.loads(body))
