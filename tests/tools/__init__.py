"""Programs that are run and are no tests; `make help` names most of them."""
