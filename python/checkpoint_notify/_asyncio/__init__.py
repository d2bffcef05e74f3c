"""The asyncio flavour: notifier, listener, connection, reader; `_sync` is its twin."""
