"""The listener without I/O: what both shells, the blocking one and the one for asyncio, do with bytes and moments."""
