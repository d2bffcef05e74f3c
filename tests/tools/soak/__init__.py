"""Publishes steadily, injects random faults, and checks the promise for every message; see `run` and `__main__`."""
