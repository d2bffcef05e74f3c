"""What docs/deploying.md says: its manifests fit each other and the recipes, its proxies and addresses work."""

from __future__ import annotations

import functools
import shutil
import socket
import subprocess
import threading
from pathlib import Path
from typing import Any, Final

import pytest
import yaml  # type: ignore[import-untyped]  # its stubs are one more package
from redis import Redis

from checkpoint_notify import (
    CheckpointListener,
    CheckpointListenerConfig,
    CheckpointNotification,
    CheckpointNotifier,
    CheckpointNotifierConfig,
    Connected,
    Disconnected,
    Gap,
    NotSentError,
    Received,
    checkpoint_channel,
)

from ..support.docs import DOCS, blocks
from ..support.docs_programs import RECIPES
from ..support.loopback import LoopbackServer, free_port
from ..support.server import Server
from ..support.waiting import wait_until

BLOCKS: Final = blocks(DOCS / "deploying.md")
MANIFESTS: Final = {
    manifest["kind"]: manifest
    for block in BLOCKS
    if block.language == "yaml"
    for manifest in [yaml.safe_load(block.text)]
}
TITLED: Final = {block.title: block.text for block in BLOCKS if block.title}
SAVED: Final = CheckpointNotification.new("model.bin", "lstm")


# Manifests and units.


def pod(kind: str) -> dict[str, Any]:
    """The only container of that kind's pods, and the volumes."""
    spec: dict[str, Any] = MANIFESTS[kind]["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    return {**container, "volumes": spec["volumes"]}


def test_the_manifests_fit_each_other() -> None:
    """Both services mount one claim at one path, which their file is in, and read keys that the Secret has."""
    claim, secret = MANIFESTS["PersistentVolumeClaim"], MANIFESTS["Secret"]
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    read = set()
    for kind in ("Job", "Deployment"):
        container = pod(kind)
        (volume,), (mount,) = container["volumes"], container["volumeMounts"]
        assert volume["persistentVolumeClaim"] == {"claimName": claim["metadata"]["name"]}
        assert volume["name"] == mount["name"]
        assert Path(container["command"][2]).parent == Path(mount["mountPath"])
        assert mount.get("readOnly", False) == (kind == "Deployment")
        instance, url = container["env"]
        assert instance == {"name": "FKS_INSTANCE_ID", "value": "default"}
        assert (url["name"], url["valueFrom"]["secretKeyRef"]["name"]) == ("REDIS_URL", secret["metadata"]["name"])
        read.add(url["valueFrom"]["secretKeyRef"]["key"])
    assert read == set(secret["stringData"])
    for url in secret["stringData"].values():
        assert CheckpointNotifier(CheckpointNotifierConfig(redis_url=url)).channel
    labels = MANIFESTS["Deployment"]["spec"]["template"]["metadata"]["labels"]
    assert labels == MANIFESTS["Deployment"]["spec"]["selector"]["matchLabels"]


def test_the_manifests_fit_the_recipes() -> None:
    """The probes ask routes that there are, at the port that is opened; the programs know the arguments."""
    container = pod("Deployment")
    routes = (RECIPES / "serve_fastapi.py").read_text()
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert f'@app.get("{container[probe]["httpGet"]["path"]}")' in routes
        assert container[probe]["httpGet"]["port"] == container["ports"][0]["containerPort"]
    job = pod("Job")
    unit = TITLED["model-server.service"].replace("\\\n", "").partition("ExecStart=")[2].splitlines()[0].split()
    for command in (container["command"] + container["args"], job["command"] + job["args"], unit):
        assert any(word.startswith("--") for word in command)
        text = (RECIPES / command[1]).read_text()
        assert [] == [word for word in command if word.startswith("--") and f'"{word}"' not in text]


# TLS by a proxy.


@pytest.mark.skipif(
    not (shutil.which("stunnel") and shutil.which("openssl")),
    reason="stunnel or openssl is not on PATH (Debian: apt-get install stunnel4 openssl)",
)
def test_stunnel_leads_to_a_server_with_tls(tmp_path: Path) -> None:
    """The page's configuration, with other addresses; a certificate of another name is refused."""
    _make_certificate(tmp_path)
    with Server() as redis:
        tls, local, wrong = free_port(), free_port(), free_port()
        _write(tmp_path / "server.conf", tls, redis.port, f"cert = {tmp_path}/cert.pem\nkey = {tmp_path}/key.pem\n")
        shown = TITLED["stunnel.conf"].replace("/etc/ssl/certs/ca-certificates.crt", f"{tmp_path}/cert.pem")
        shown = shown.replace("redis.example:6380", f"127.0.0.1:{tls}")
        right = shown.replace("127.0.0.1:6379", f"127.0.0.1:{local}").replace("redis.example", "localhost")
        (tmp_path / "right.conf").write_text(right)
        (tmp_path / "wrong.conf").write_text(shown.replace("127.0.0.1:6379", f"127.0.0.1:{wrong}"))
        programs = [
            subprocess.Popen(
                ["stunnel", tmp_path / name], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=tmp_path
            )
            for name in ("server.conf", "right.conf", "wrong.conf")
        ]
        try:
            for port in (tls, local, wrong):
                wait_until(functools.partial(_accepts, port), "stunnel accepts")
            config = CheckpointListenerConfig(redis_url=f"redis://127.0.0.1:{local}")
            there = CheckpointNotifier(CheckpointNotifierConfig(redis_url=config.redis_url))
            with CheckpointListener(config) as listener:
                assert isinstance(next(listener), Connected)
                assert there.publish(SAVED) == 1
                assert next(listener) == Received(SAVED, SAVED.to_json_bytes())
                redis.kill()  # the proxy is there, and the server is not
                assert isinstance(next(listener), Disconnected)
                with pytest.raises(NotSentError):
                    there.publish(SAVED)
            redis.restart()
            with pytest.raises(NotSentError):
                CheckpointNotifier(CheckpointNotifierConfig(redis_url=f"redis://127.0.0.1:{wrong}")).publish(SAVED)
        finally:
            for program in programs:
                program.kill()
                program.wait()


def _make_certificate(folder: Path) -> None:
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    files = ["-keyout", f"{folder}/key.pem", "-out", f"{folder}/cert.pem"]
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *files, *names]
    subprocess.run(command, check=True, capture_output=True)


def _write(file: Path, accept: int, connect: int, more: str) -> None:
    text = f"foreground = yes\npid =\n[redis]\naccept = 127.0.0.1:{accept}\nconnect = 127.0.0.1:{connect}\n{more}"
    file.write_text(text)


def _accepts(port: int) -> bool:
    with socket.socket() as connection:
        return connection.connect_ex(("127.0.0.1", port)) == 0


# One address that leads to the primary.

AT_ONCE: Final = ("--repl-diskless-sync-delay", "0")
"""The server does not wait for more replicas before it sends its data."""


class Address(LoopbackServer):
    """Passes connections on to the server that is the primary when they come, as a proxy with a health check does."""

    def __init__(self, primary: Server) -> None:
        self.primary = primary
        super().__init__(self._pass)

    def _pass(self, client: socket.socket) -> None:
        with socket.create_connection((self.primary.host, self.primary.port)) as server:
            back = threading.Thread(target=_copy, args=(server, client), daemon=True)
            back.start()
            _copy(client, server)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            target.sendall(data)
        target.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # one end is gone, and the other copy sees that as well


def ask(server: Server, *words: object) -> Any:
    """The reply to one command."""
    with Redis(port=server.port, protocol=2) as client:
        return client.execute_command(*words)


def follow(replica: Server, primary: Server) -> None:
    """Make it a replica, and wait until it is in step."""
    ask(replica, "REPLICAOF", primary.host, primary.port)
    wait_until(lambda: ask(replica, "ROLE")[3] == b"connected", "the replica is in step")


def test_a_failover_behind_one_address() -> None:
    """As Sentinel does it: roles change, clients are ended. There is a Gap, and the new primary's messages arrive.

    Who publishes on the replica that was the primary does not reach a listener at the new primary.
    """
    with Server(*AT_ONCE) as old, Server(*AT_ONCE) as new, Address(old) as address:
        follow(new, old)
        config = CheckpointListenerConfig(redis_url=address.url)
        there = CheckpointNotifier(CheckpointNotifierConfig(redis_url=address.url))
        with CheckpointListener(config) as listener:
            assert isinstance(next(listener), Connected)
            assert there.publish(SAVED.with_version(1)) == 1
            ask(new, "REPLICAOF", "NO", "ONE")
            address.primary = new
            follow(old, new)
            ask(old, "CLIENT", "KILL", "TYPE", "pubsub")
            events = [type(next(listener)) for _ in range(4)]
            assert events == [Received, Disconnected, Connected, Gap]
            behind = CheckpointNotifier(CheckpointNotifierConfig(redis_url=old.url))
            assert behind.publish(SAVED.with_version(2)) == 0
            assert there.publish(SAVED.with_version(3)) == 1
            event = next(listener)
    assert isinstance(event, Received)
    assert event.notification.version == 3


def test_a_listener_at_a_replica_gets_what_the_primary_replicates() -> None:
    """And the publisher counts no receiver: it is not at its server."""
    with Server(*AT_ONCE) as primary, Server() as replica:
        follow(replica, primary)
        with CheckpointListener(CheckpointListenerConfig(redis_url=replica.url)) as listener:
            assert isinstance(next(listener), Connected)
            there = CheckpointNotifier(CheckpointNotifierConfig(redis_url=primary.url))
            assert there.publish(SAVED) == 0
            assert next(listener) == Received(SAVED, SAVED.to_json_bytes())


def test_databases_do_not_matter() -> None:
    """Who listens in one database gets what is published in another."""
    with Server() as redis, CheckpointListener(CheckpointListenerConfig(redis_url=f"{redis.url}/3")) as listener:
        assert isinstance(next(listener), Connected)
        assert ask(redis, "PUBLISH", checkpoint_channel("default"), SAVED.to_json()) == 1
        assert isinstance(next(listener), Received)
