"""Differential fuzzing of the codecs of all types of tests/kinds, and of the message, against the real Rust types."""
