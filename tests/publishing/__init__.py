"""Tests of the notifiers, and of what they share with the listeners: settings, addresses, redis-py."""
