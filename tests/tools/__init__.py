"""Programs that are not tests; `make help` names most of them."""
