"""Tests of the listeners, part by part and as a whole, with faults."""
