"""Differential fuzzing of the decoder against the real Rust crate."""
