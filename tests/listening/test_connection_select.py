"""The blocking listener where Python has no `select.poll`, as under eventlet."""

from __future__ import annotations

import subprocess
import sys
from typing import Final

import pytest

from ..support.server import Server

WITHOUT: Final = {
    "select.poll": "import select; del select.poll",
    "select.epoll": "import select; del select.epoll",
    "PollSelector": "import selectors; del selectors.PollSelector",
    "PollSelector, later": "import selectors, checkpoint_notify._sync.connection; del selectors.PollSelector",
    "all of them": """
import select, selectors
for module, names in ((select, ("poll", "epoll")), (selectors, ("PollSelector", "EpollSelector"))):
    for name in names:
        delattr(module, name)
""",
}
LISTENING: Final = """
import os, sys, threading, time
from checkpoint_notify import *
from checkpoint_notify.redis_url import RedisUrl

url = sys.argv[1]
config = CheckpointListenerConfig(redis_url=url, ping_interval=0.05, ping_timeout=60, connect_timeout=60)
notifier = CheckpointNotifier(CheckpointNotifierConfig(redis_url=url))
saved = CheckpointNotification.new("model.bin", "lstm")
with CheckpointListener(config) as listener:
    print(next(listener))
    notifier.publish(saved)
    print(next(listener).notification == saved)
    import redis
    redis.Redis(port=RedisUrl.parse(url).port).execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    print([type(next(listener)).__name__ for _ in range(3)])
    timer = threading.Timer(0.2, listener.close)
    timer.start()
    print(list(listener), listener.error)
timer.join()
print(threading.active_count())
"""
SHOWN: Final = "Connected()\nTrue\n['Disconnected', 'Connected', 'Gap']\n[] None\n1\n"


def run(program: str, url: str) -> subprocess.CompletedProcess[str]:
    """Run it in a Python of its own."""
    return subprocess.run(
        [sys.executable, "-c", program, url], capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("without", WITHOUT)
def test_listener_works_without_poll(without: str, server: Server) -> None:
    """Events, a reconnect, and closing from another thread work."""
    done = run(WITHOUT[without] + LISTENING, server.url)
    assert SHOWN == done.stdout


USED: Final = """
import select, selectors, sys, time
made = []
class Noted(selectors.SelectSelector):
    def __init__(self):
        made.append(self)
        super().__init__()
selectors.DefaultSelector = selectors.EpollSelector = None
selectors.SelectSelector = Noted
if sys.argv[2] == "select":
    del selectors.PollSelector
from checkpoint_notify import *
with CheckpointListener(CheckpointListenerConfig(redis_url=sys.argv[1], connect_timeout=60)) as listener:
    next(listener)
    print(len(made) > 0)
"""


@pytest.mark.parametrize(("kind", "selects"), [("select", True), ("poll", False)])
def test_selector_is_poll_or_select(kind: str, selects: bool, server: Server) -> None:
    """It is poll if there is one, else select. It is never one that a forked child would share."""
    done = subprocess.run(
        [sys.executable, "-c", USED, server.url, kind], capture_output=True, text=True, timeout=120, check=False
    )
    assert (f"{selects}\n", "") == (done.stdout, done.stderr)


MANY_OPEN: Final = """
import os, resource, sys
_, most = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(2048, most), most))
import select, selectors
del select.poll, selectors.PollSelector
import redis
from checkpoint_notify import *

def open_up_to(descriptor):
    while os.open("/dev/null", os.O_RDONLY) < descriptor:
        pass

config = CheckpointListenerConfig(redis_url=sys.argv[1], connect_timeout=60, backoff_initial=0.001, max_reconnects=1)
open_up_to(1021 if sys.argv[2] == "connecting" else 1024)
try:
    with CheckpointListener(config) as listener:  # its pipe takes two descriptors
        print([str(event.error) for event in listener])
        print(type(listener.error).__name__)
except OSError as error:
    print(error)
"""
REASON: Final = "select.poll is missing here (eventlet removes it), and select.select takes no descriptor above 1023: "


@pytest.mark.parametrize("when", ["entering", "connecting"])
def test_error_for_a_descriptor_above_the_limit_of_select(when: str, server: Server) -> None:
    """The error says so, and what to do."""
    done = subprocess.run(
        [sys.executable, "-c", MANY_OPEN, server.url, when], capture_output=True, text=True, timeout=120, check=False
    )
    assert REASON in done.stdout
    assert 0 == done.returncode
    assert ("['" in done.stdout) == (when == "connecting")
