"""The blocking flavour: notifier, listener, connection, reader; `_asyncio` is its twin."""
