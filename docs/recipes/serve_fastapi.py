"""A model server with FastAPI: swaps the model in service, reports its health.

python serve_fastapi.py checkpoints/latest_model.json --port 8000 --loop uvloop

It needs `pip install fastapi uvicorn`, and uvloop for `--loop uvloop`.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI, HTTPException, Response
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


class ModelHolder:
    """Holds the newest model that was found whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.model: Model | None = None

    async def reload(self, why: str) -> None:
        """Take the file's model if it is whole. If it is not, keep the old one."""
        try:
            # In a thread: a large file must not stop the answers.
            model = await asyncio.to_thread(load, self._path)
        except (OSError, ValueError) as error:
            LOG.warning("%s: kept the old model: %s", why, error)
            return
        # One assignment: a request sees the old or the new model.
        self.model = model
        LOG.info("%s: step %d is served", why, model.step)

    async def follow(self, listener: CheckpointListener) -> None:
        """Reload if there may be a newer file, until the listener is closed."""
        async for event in listener:
            match event:
                case Connected() if listener.counters.reconnects == 0:
                    # Nobody announces again what was saved before this moment.
                    await self.reload("connected")
                case Received(saved):
                    await self.reload(f"notified of step {saved.training_step}")
                case Gap(since, until):
                    await self.reload(f"a gap from {since:%T} to {until:%T}")
                case Invalid(_, error):
                    LOG.warning("refused a message: %s", error)
                case Disconnected(error):
                    LOG.warning("disconnected: %s", error)


def create_app(path: Path) -> FastAPI:
    """The application; it connects when it starts, and not before."""
    holder = ModelHolder(path)
    config = CheckpointListenerConfig.from_env()
    listener = CheckpointListener(config)
    following: list[asyncio.Task[None]] = []

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await holder.reload("start")  # without Redis there is a model to serve, too
        async with listener:  # a wrong REDIS_URL ends the program here
            following.append(asyncio.create_task(holder.follow(listener)))
            yield
        await following[0]  # the closed listener ends it; raises if it failed

    app = FastAPI(lifespan=lifespan)

    @app.post("/predict")
    async def predict(inputs: list[float]) -> dict[str, float]:
        model = holder.model  # read once, so that the whole answer is of one model
        if model is None:
            raise HTTPException(503, "there is no model yet")
        if len(inputs) != len(model.weights):
            raise HTTPException(422, f"send {len(model.weights)} numbers")
        output = sum(w * x for w, x in zip(model.weights, inputs, strict=True))
        return {"step": model.step, "output": output}

    def health(response: Response, healthy: bool) -> dict[str, object]:
        response.status_code = 200 if healthy else 503
        step = holder.model.step if holder.model else None
        return {"connected": listener.connected, "step": step}

    @app.get("/health/live")
    async def live(response: Response) -> dict[str, object]:
        """A restart helps: nobody takes the listener's events any more."""
        # A listener that is switched off ends at once; a restart would not help.
        return health(response, not (config.enabled and following[0].done()))

    @app.get("/health/ready")
    async def ready(response: Response) -> dict[str, object]:
        """Requests can be answered. Redis is not needed for that."""
        return health(response, holder.model is not None)

    @app.get("/health/connected")
    async def connected(response: Response) -> dict[str, object]:
        """The server has confirmed the subscription, and the connection holds."""
        return health(response, listener.connected)

    return app


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--loop", choices=["asyncio", "uvloop"], default="asyncio")
    options = parser.parse_args()
    uvicorn.run(
        create_app(options.path),
        host=options.host,
        port=options.port,
        loop=options.loop,
        log_config=None,  # basicConfig above decides
        access_log=False,
    )
