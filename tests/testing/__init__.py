"""Tests of testing/: fakes, strategies and the pytest plugin."""
