"""A notification as the peer protocol writes it; the package's own, for tests to import from here."""

from checkpoint_notify.conformance.values import U64_FIELDS, from_protocol, to_protocol

__all__ = ["U64_FIELDS", "from_protocol", "to_protocol"]
