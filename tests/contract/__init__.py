"""Tests of what Python and Rust share: the schema, the generated code, the real Rust crate."""
