"""What tests/test_compat*.py need, and the gate that `make compat` runs."""
