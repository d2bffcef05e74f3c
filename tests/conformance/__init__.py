"""Tests of conformance/: the runner, the sample peers, and the protocol between them."""
