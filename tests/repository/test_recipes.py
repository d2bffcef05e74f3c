"""The recipes of the documentation, run as they stand: a real server that dies, files that are torn, both languages."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Final

import pytest

from checkpoint_notify import CheckpointNotification, CheckpointNotifier, CheckpointNotifierConfig

from ..conftest import RustBin
from ..support.docs_programs import RECIPES, WIDTH, Crowd, ModelClient, Recipe
from ..support.rust import RustSubscriber
from ..support.server import Server
from ..support.waiting import wait_until

FILES: Final = {
    "json_logs.py",  # this and the two on metrics: run by the page observing.md
    "model_file.py",
    "opentelemetry_metrics.py",
    "prometheus_metrics.py",
    "publish_with_retry.py",  # run by test_recipe_retry.py
    "serve.py",
    "serve_fastapi.py",  # run by test_recipe_fastapi.py
    "train.py",
    "train_with_rust.py",
}
SOON: Final = {"MODEL_RELOAD_RECONNECT_MS": "200"}


def load_recipe(name: str) -> ModuleType:
    """A recipe as a module, whatever folder it lies in."""
    spec = importlib.util.spec_from_file_location(name, RECIPES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # its dataclass looks itself up
    spec.loader.exec_module(module)
    return module


model_file: Final = load_recipe("model_file")


def settings(server: Server) -> dict[str, str]:
    """The environment of both sides."""
    return {"REDIS_URL": server.url, "FKS_INSTANCE_ID": "recipes", **SOON}


def save(path: Path, step: int) -> None:
    """What the training loop saves in this step."""
    model_file.save(path, model_file.Model(step, [float(step)] * WIDTH))


def torn(step: int) -> bytes:
    """A file that was being overwritten: valid JSON, but half of the weights are those of the step before."""
    digest = hashlib.sha256(_body([float(step)] * WIDTH, step)).hexdigest()
    half = WIDTH // 2
    return digest.encode() + b"\n" + _body([float(step)] * half + [float(step - 1)] * half, step)


def _body(weights: list[float], step: int) -> bytes:
    return json.dumps({"step": step, "weights": weights}).encode()


def try_to_tell(server: Server, step: int) -> bool:
    """Publish a notification of that step."""
    config = CheckpointNotifierConfig(redis_url=server.url, instance_id="recipes")
    return CheckpointNotifier(config).try_publish(CheckpointNotification.new("p", "n").with_training_step(step))


def tell(server: Server, step: int) -> None:
    """The same, until it is taken: on a busy machine a publish can run out of time. Once too often does no harm."""
    wait_until(lambda: try_to_tell(server, step), f"step {step} is published")


@contextmanager
def serving(path: Path, server: Server) -> Iterator[tuple[Recipe, ModelClient]]:
    """The model server, which two clients ask without a pause; it ends by SIGTERM, with status 0 and no complaint."""
    with Recipe("serve.py", path, settings=settings(server)) as recipe:
        port = int(recipe.any_line("serving at port").split()[-1])
        crowd, client = Crowd(lambda: ModelClient(port)), ModelClient(port)
        try:
            yield recipe, client
        finally:
            crowd.close()
            client.close()
        assert crowd.answers > 0
        assert recipe.terminate() == 0
        assert [] == [line for line in recipe.lines if "Traceback" in line or "ERROR" in line]


def test_every_recipe_is_tested() -> None:
    """The documentation has no recipe that is not run here."""
    assert {file.name for file in RECIPES.glob("*.py")} == FILES


def test_the_trainer_continues_without_redis(redis: Server, path: Path) -> None:
    """It publishes, goes on while the server is dead, and publishes again; every step it spoke of was saved."""
    with Recipe("train.py", path, "--steps", 10**6, "--every", 1, settings=settings(redis)) as trainer:
        trainer.wait_line(": saved, published")
        redis.kill()
        trainer.wait_line(": saved, not published")
        trainer.wait_line(": saved, not published")
        redis.restart()
        trainer.wait_line(": saved, published")
        trainer.kill()
    told = [line for line in trainer.lines if "saved" in line]
    assert [f"step {step}" for step in range(1, len(told) + 1)] == [line.split(":")[0] for line in told]
    assert any(": check that a Redis server answers" in line for line in trainer.lines)
    assert model_file.load(path).step >= len(told)


def test_the_trainer_saves_its_last_checkpoint(redis: Server, path: Path) -> None:
    """Its last checkpoint is in place, and nothing beside it."""
    redis.kill()
    with Recipe("train.py", path, "--steps", 6, "--every", 3, settings=settings(redis)) as trainer:
        assert trainer.wait() == 0
    assert model_file.Model(6, [6.0] * WIDTH) == model_file.load(path)
    assert [path] == list(path.parent.iterdir())


def test_a_killed_trainer_leaves_a_whole_file(server: Server, path: Path) -> None:
    """Whenever it dies, what it saved last can be read; what is left beside it is overwritten next time."""
    for _ in range(3):
        with Recipe("train.py", path, "--every", 1, "--pause", 0, settings=settings(server)) as trainer:
            trainer.wait_line("saved")
            trainer.kill()
        model = model_file.load(path)
        assert [float(model.step)] * WIDTH == model.weights
        assert {path.name, path.name + ".tmp"} >= {file.name for file in path.parent.iterdir()}


def test_saving_is_atomic(path: Path) -> None:
    """A reader never sees a torn file, however often it is saved."""
    save(path, 1)
    over = threading.Event()

    def keep_saving() -> None:
        for step in range(2, 100):
            save(path, step)
        over.set()

    writer = threading.Thread(target=keep_saving)
    writer.start()
    while not over.is_set():
        assert model_file.load(path).weights
    writer.join()


def test_a_damaged_file_is_refused(path: Path) -> None:
    """Files of any length, or with any byte changed, are refused."""
    save(path, 7)
    whole = path.read_bytes()
    for size in range(len(whole)):
        changed = whole[:size] + bytes([whole[size] ^ 1]) + whole[size + 1 :]
        for content in (whole[:size], changed):
            path.write_bytes(content)
            with pytest.raises(model_file.TornFileError):
                model_file.load(path)


def test_the_server_follows_notifications(redis: Server, path: Path) -> None:
    """It starts without a model, follows notifications, and survives torn files, bad messages and bad requests."""
    with serving(path, redis) as (recipe, client):
        recipe.wait_line("serve:connected: kept")
        assert client.step() is None
        save(path, 1)
        tell(redis, 1)
        client.wait_step(1)
        path.write_bytes(torn(2))
        tell(redis, 2)
        recipe.wait_line("notified of step 2: kept what there was: ")
        assert client.step() == 1
        path.unlink()
        tell(redis, 3)
        recipe.wait_line("notified of step 3: kept what there was: ")
        assert client.step() == 1
        save(path, 4)
        tell(redis, 4)
        client.wait_step(4)
        assert {"error": "send a JSON list of 8 numbers"} == client.send(b"[1, 2")
        assert {"error": "send a JSON list of 8 numbers"} == client.send(b"[1]")


def test_the_server_catches_up_after_a_gap(redis: Server, path: Path) -> None:
    """What was saved while Redis was down, and never announced, is served once the gap is known."""
    save(path, 1)
    with serving(path, redis) as (recipe, client):
        recipe.wait_line("serve:connected: step 1")
        redis.kill()
        recipe.wait_line("disconnected")
        save(path, 2)
        assert not try_to_tell(redis, 2)
        assert client.step() == 1
        redis.restart()
        client.wait_step(2)
        recipe.wait_line("a gap from")
        save(path, 3)
        tell(redis, 3)
        client.wait_step(3)


def test_the_server_starts_without_redis(redis: Server, path: Path) -> None:
    """It serves what it finds, and what was saved before it was connected."""
    save(path, 1)
    redis.kill()
    with serving(path, redis) as (recipe, client):
        recipe.wait_line("disconnected")
        assert client.step() == 1
        save(path, 2)
        redis.restart()
        client.wait_step(2)


def test_the_server_survives_a_producer_that_overwrites_in_place(redis: Server, path: Path) -> None:
    """Upstream's producer truncates the file and writes it anew: torn for a moment each time, and never served so."""
    elsewhere = path.with_name("elsewhere")
    save(path, 1)
    with serving(path, redis) as (recipe, client):
        recipe.wait_line("serve:connected")
        for step in range(2, 40):
            save(elsewhere, step)
            whole = elsewhere.read_bytes()  # written in two halves, with a message in the middle
            path.write_bytes(whole[: len(whole) // 2])
            tell(redis, step)
            if step == 2:
                recipe.wait_line("notified of step 2: kept what there was: ")
                assert client.step() == 1
            with path.open("ab") as file:
                file.write(whole[len(whole) // 2 :])
        tell(redis, step)
        client.wait_step(step)


@pytest.mark.parametrize("url", ["rediss://localhost", "nonsense"])
def test_the_server_refuses_a_wrong_url(path: Path, url: str) -> None:
    """It ends at once, and says what is wrong."""
    with Recipe("serve.py", path, settings={"REDIS_URL": url}) as recipe:
        recipe.wait_line("Redis client error: ")
        assert recipe.wait() == 1


def test_rust_publishes_and_python_serves(redis: Server, path: Path, rust_bin: RustBin) -> None:
    """The pair with the real Rust notifier: dead and back, the server ends at the newest model."""
    arguments = (rust_bin("notifier"), path, "--steps", 10**6)
    with serving(path, redis) as (recipe, client):
        recipe.wait_line("serve:connected")
        with Recipe("train_with_rust.py", *arguments, settings=settings(redis)) as trainer:
            wait_until(lambda: (client.step() or 0) >= 3, "step 3 is served")
            trainer.wait_line(": saved, published")
            trainer.kill()
        save(path, 10**6)  # beyond what it can have come to
        redis.kill()
        recipe.wait_line("disconnected")
        redis.restart()
        client.wait_step(10**6)


def test_rust_says_why_nothing_was_sent(redis: Server, path: Path, rust_bin: RustBin) -> None:
    """The training loop goes on without Redis, whichever notifier it has."""
    redis.kill()
    arguments = (rust_bin("notifier"), path, "--steps", 2)
    with Recipe("train_with_rust.py", *arguments, settings=settings(redis)) as trainer:
        assert trainer.wait() == 0
    why = "Redis connection error: Connection refused (os error 111)"
    assert [f"step 1: saved, {why}\n", f"step 2: saved, {why}\n"] == trainer.lines
    assert model_file.load(path).step == 2


def test_python_publishes_and_rust_reads(server: Server, path: Path, rust_bin: RustBin) -> None:
    """What the training loop publishes, a Rust service reads as it was meant."""
    with (
        RustSubscriber(rust_bin("subscriber"), settings(server)) as subscriber,
        Recipe("train.py", path, "--steps", 10**6, settings=settings(server)),
    ):
        received = [subscriber.read() for _ in range(2)]
    for message in received:
        value = message["value"]
        step = int(value["training_step"])
        digest = hashlib.sha256(_body([float(step)] * WIDTH, step)).hexdigest()
        assert (str(path), str(step // 10), {"sha256": digest}) == (
            value["model_path"],
            value["version"],
            value["metadata"],
        )
