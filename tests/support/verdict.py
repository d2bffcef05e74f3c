"""This package's answers in the words of the peer protocol; the package's own, for tests to import from here."""

from checkpoint_notify.conformance.verdict import agree, answer_to

__all__ = ["agree", "answer_to"]
