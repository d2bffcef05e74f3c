"""Tests of the repository: documentation, workflows, packaging, structure, and the tests' own tools."""
