"""A model server: reloads when it is told, or after a gap; serves no torn file.

python serve.py checkpoints/latest_model.json --port 8000

A request is a line with a JSON list of numbers; the answer is a line of JSON,
with the model's step and its output.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import signal
from pathlib import Path

from model_file import Model, load

from checkpoint_notify import (
    CheckpointListenerConfig,
    Connected,
    Disconnected,
    Gap,
    Invalid,
    Received,
)
from checkpoint_notify.asyncio import CheckpointListener

LOG = logging.getLogger("serve")


class ModelServer:
    """Answers with the newest model that was found whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._model: Model | None = None

    async def reload(self, why: str) -> None:
        """Take the file's model if it is whole; else keep the one there is."""
        try:
            # In a thread: a large file must not stop the answers.
            model = await asyncio.to_thread(load, self._path)
        except (OSError, ValueError) as error:
            LOG.warning("%s: kept what there was: %s", why, error)
            return
        self._model = model  # at once: an answer comes from the old or the new one
        LOG.info("%s: step %d is served", why, model.step)

    async def follow(self) -> None:
        """Reload whenever there may be something new, until cancelled."""
        config = CheckpointListenerConfig.from_env()
        async with CheckpointListener(config) as listener:
            async for event in listener:
                match event:
                    case Connected() if listener.counters.reconnects == 0:
                        # Of what was saved before, nobody will tell. Later ones
                        # are followed by a gap.
                        await self.reload("connected")
                    case Received(saved):
                        await self.reload(f"notified of step {saved.training_step}")
                    case Gap(since, until):
                        await self.reload(f"a gap from {since:%T} to {until:%T}")
                    case Invalid(_, error):
                        LOG.warning("refused a message: %s", error)
                    case Disconnected(error):
                        LOG.warning("disconnected: %s", error)

    def answer(self, line: bytes) -> dict[str, object]:
        """The answer to one request."""
        model = self._model  # once, so that no half of the answer is of another
        if model is None:
            return {"error": "there is no model yet"}
        try:
            inputs = [float(number) for number in json.loads(line)]
            pairs = zip(model.weights, inputs, strict=True)
            output = sum(weight * number for weight, number in pairs)
        except (TypeError, ValueError):
            return {"error": f"send a JSON list of {len(model.weights)} numbers"}
        return {"step": model.step, "output": output}

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer one client until it hangs up."""
        try:
            while line := await reader.readline():
                writer.write(json.dumps(self.answer(line)).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError, asyncio.CancelledError):
            pass  # it is gone, sent a line without end, or the server ends
        finally:
            writer.close()


async def main(path: Path, port: int) -> None:
    """Serve until SIGTERM or SIGINT."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    server = ModelServer(path)
    await server.reload("start")  # also without Redis there is a model to serve
    sockets = await asyncio.start_server(server.serve, "127.0.0.1", port)
    print(f"serving at port {sockets.sockets[0].getsockname()[1]}", flush=True)
    async with asyncio.TaskGroup() as tasks:
        # A wrong REDIS_URL ends the server here, and says so.
        following = tasks.create_task(server.follow())
        await stop.wait()
        following.cancel()
    sockets.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    options = parser.parse_args()
    asyncio.run(main(options.path, options.port))
