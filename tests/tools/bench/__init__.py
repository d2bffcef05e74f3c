"""Measures speed, growth, memory, import and start; not part of `make test`.

python -m tests.tools.bench           compares this package with other decoders and the real Rust crate
python -m tests.tools.bench.scaling   shows how time and memory grow with the payload
python -m tests.tools.bench.imports   compares `import checkpoint_notify` with `import msgspec`
python -m tests.tools.bench.startup   compares a run of the command with `import msgspec`
"""
