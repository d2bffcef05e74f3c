"""Faults on loopback, a record of what was published through them, and a judge of the listener's promise."""
