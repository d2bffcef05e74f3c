"""Speed, growth, memory, import and start, measured; none of it is part of `make test`.

python -m tests.tools.bench           this package beside other decoders and the real Rust crate
python -m tests.tools.bench.scaling   how time and memory grow with the payload
python -m tests.tools.bench.imports   what `import checkpoint_notify` costs beside `import msgspec`
python -m tests.tools.bench.startup   what a run of the command costs beside it
"""
