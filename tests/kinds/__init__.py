"""Types of further kinds: their schemas, their vectors, and pairs of them."""
