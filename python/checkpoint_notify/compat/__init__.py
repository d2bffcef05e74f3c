"""Compares two schemas: says whether old and new programs can read each other's messages (docs/evolution.md)."""

from checkpoint_notify.compat.compare import compare
from checkpoint_notify.compat.document import SchemaError
from checkpoint_notify.compat.schema import Contract, read_contract
from checkpoint_notify.compat.verdict import Bump, Change, Comparison, Verdict

__all__ = [
    "Bump",
    "Change",
    "Comparison",
    "Contract",
    "SchemaError",
    "Verdict",
    "compare",
    "read_contract",
]
