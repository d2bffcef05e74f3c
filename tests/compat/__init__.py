"""Tests of compat/, with the pairs of schemas that they judge."""
