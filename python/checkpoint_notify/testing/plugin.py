"""A pytest plugin that provides the golden vectors as fixtures, for tests of any reader or writer of the message.

pytest does not load it by itself. Load it with `pytest -p checkpoint_notify.testing.plugin`, or in the `conftest.py` at
the root of the tests:

    pytest_plugins = ["checkpoint_notify.testing.plugin"]

A test that uses one of the fixtures runs once for each vector of its kind; the test's id is the vector's name:

    def test_we_read_what_rust_writes(checkpoint_canonical_vector):
        read = our_reader(checkpoint_canonical_vector.payload)
        assert read.model_path == checkpoint_canonical_vector.value["model_path"]
"""

from __future__ import annotations

from typing import Final

import pytest

from checkpoint_notify.resources import Vector, VectorKind, vectors

_KINDS: Final[dict[str, VectorKind]] = {
    "checkpoint_canonical_vector": "canonical",
    "checkpoint_unusual_vector": "unusual",
    "checkpoint_refused_vector": "refused",
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Generate one test for each vector."""
    for name, kind in _KINDS.items():
        if name in metafunc.fixturenames:
            named = [pytest.param(vector, id=vector.name) for vector in vectors(kind)]
            metafunc.parametrize(name, named, indirect=True)


@pytest.fixture
def checkpoint_canonical_vector(request: pytest.FixtureRequest) -> Vector:
    """Each payload that Rust writes, with the `value` that Rust reads; its numbers are strings."""
    return _vector(request)


@pytest.fixture
def checkpoint_unusual_vector(request: pytest.FixtureRequest) -> Vector:
    """Each payload that Rust reads and never writes, with the `value` that Rust reads."""
    return _vector(request)


@pytest.fixture
def checkpoint_refused_vector(request: pytest.FixtureRequest) -> Vector:
    """Each payload that Rust refuses, with Rust's `error`."""
    return _vector(request)


def _vector(request: pytest.FixtureRequest) -> Vector:
    vector: Vector = request.param
    return vector
