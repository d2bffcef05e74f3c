"""Compares the cost of the notifier and the listener with bare redis-py and the Rust notifier; not in `make test`.

python -m tests.tools.bench_redis     publish latency, publish → received latency, messages per second, memory

Everything runs on this machine against one separate Valkey server. Contenders take turns in short rounds, so that a
busy machine slows all of them equally. Goals are ratios, not times.
"""
