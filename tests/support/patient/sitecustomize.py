"""Imported by each Python that starts with this folder on PYTHONPATH."""

import importlib

importlib.import_module("package_limits")
