"""What the notifier and the listener cost beside bare redis-py and the real Rust notifier; not part of `make test`.

python -m tests.tools.bench_redis     publish latency, publish → received latency, messages per second, memory

Everything runs on this machine against one Valkey server of its own. Contenders take turns in short rounds, so that a
busy machine slows all of them alike; goals are ratios, never times.
"""
