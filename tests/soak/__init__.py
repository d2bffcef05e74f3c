"""A soak: steady publishing, random faults, the promise checked over every message. `python -m tests.soak --help`."""
