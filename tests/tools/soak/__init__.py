"""Steady publishing, random faults, and the promise checked over every message. `python -m tests.tools.soak --help`."""
