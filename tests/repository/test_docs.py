"""The documentation: code runs as it stands, links lead somewhere, nothing is loaded from outside."""

from __future__ import annotations

import configparser
import html
import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest
import redis
import yaml  # type: ignore[import-untyped]  # its stubs are one more package

from checkpoint_notify import CheckpointNotification

from ..support.docs import DOCS, ROOT, Block, agrees, blocks
from ..support.docs_session import Session
from ..support.server import Server
from .test_recipes import FILES

PAGES: Final = sorted(DOCS.glob("*.md"))
BLOCKS: Final = [block for page in PAGES for block in blocks(page)]
RUN: Final = {"python", "sh", "console", "text"}
JUDGED_BY: Final = {"protocol.md": "conformance/test_protocol.py"}
"""Pages whose blocks are the subject of another test."""
RECORDED: Final = {"doctor.txt", "watch.txt", "watch-live.txt"}
"""What `python -m tests.tools.record_sessions` has made of real sessions on a terminal."""
CHANNEL: Final = "fks:default:model_checkpoints"
CLONED: Final = ("python", "schema", "fixtures", "pyproject.toml", "hatch_build.py", "README.md", "LICENSE")


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """A server that the pages may do with as they like."""
    with Server() as running:
        yield running


def is_run(block: Block) -> bool:
    """Whether a block is run, rather than read."""
    recorded = block.included is not None and block.included.name in RECORDED
    return block.language in RUN and block.document.name not in JUDGED_BY and not recorded


RUNNING: Final = [pytest.param(page, id=page.name) for page in PAGES if any(map(is_run, blocks(page)))]


@pytest.mark.parametrize("page", RUNNING)
def test_the_code_of_each_page_runs(page: Path, own_server: Server, tmp_path: Path) -> None:
    """Its blocks, in order, do what is said, and print what is shown."""
    settings = {"REDIS_URL": own_server.url, "COLUMNS": "80"}
    installs = any("pip install" in block.text for block in blocks(page))
    programs = cloned(tmp_path) if installs else None
    with redis.Redis(port=own_server.port, protocol=2) as client:

        def subscribed() -> bool:
            return bool(client.pubsub_numsub(CHANNEL) == [(CHANNEL.encode(), 1)])

        with Session(tmp_path, settings, subscribed, programs) as session:
            for block in filter(is_run, blocks(page)):
                session.run(block)


def cloned(folder: Path) -> Path:
    """Put into the folder what a clone has for an installer; where the programs of an empty environment are.

    Its pip is uv's, which takes the same words, and a tenth of the time.
    """
    for name in CLONED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)
    environment = folder / "environment"
    uv = [sys.executable, "-m", "uv", "--no-config", "--quiet"]
    subprocess.run([*uv, "venv", "--python", sys.executable, environment], check=True)
    pip = environment / "bin" / "pip"
    # Named, for uv would rather take the environment of the Python that it is started with.
    words = shlex.join([*uv, "pip", "install", "--python", str(environment / "bin" / "python")])
    pip.write_text(f'#!/bin/sh\n[ "$1" = install ] && shift && exec {words} "$@"\n')
    pip.chmod(0o755)
    return pip.parent


def test_no_block_is_left_out() -> None:
    """Each has a language that is run or judged, none is indented, and what is included is run elsewhere."""
    assert {block.language for block in BLOCKS} <= RUN | {"json", "yaml", "toml", "ini"}
    for page in PAGES:
        assert len(re.findall(r"^\s*```", page.read_text(), re.MULTILINE)) == 2 * len(blocks(page)), page.name
    included = {block.included.name for block in BLOCKS if block.included and block.language != "yaml"}
    assert FILES | RECORDED == included
    assert set() == {name for name in RECORDED if not (DOCS / "_sessions" / name).read_text().startswith("$ ")}
    for page_name, test in JUDGED_BY.items():
        assert page_name in (ROOT / "tests" / test).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "block", [block for block in BLOCKS if block.language == "json"], ids=lambda block: block.place
)
def test_json_is_a_message(block: Block) -> None:
    """What is shown of the message, the decoder takes; all else is JSON, in one value or in lines."""
    if '"model_path"' in block.text:
        assert json.loads(block.text)["version"] == CheckpointNotification.from_json(block.text).version
    else:
        values = [block.text] if block.text.startswith("{\n") else block.text.splitlines()
        assert all(json.loads(value) for value in values)


SETTINGS: Final = [block for block in BLOCKS if block.language in ("yaml", "toml", "ini")]


@pytest.mark.parametrize("block", SETTINGS, ids=lambda block: block.place)
def test_settings_can_be_read(block: Block) -> None:
    """YAML, TOML and INI are such; an example that is a file of its own is there."""
    text = block.included.read_text(encoding="utf-8") if block.included else block.text
    if block.language == "ini":
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        parser.read_string(f"[before the first section]\n{text}")
        assert parser.sections()[1:]
    else:
        assert yaml.safe_load(text) if block.language == "yaml" else tomllib.loads(text)


def test_the_readme_does_not_repeat_the_site() -> None:
    """No block of five lines or more stands in both."""
    own = {block.text for block in blocks(ROOT / "README.md") if block.text.count("\n") >= 5}
    assert set() == own & {block.text for block in BLOCKS}


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [("a\n", "a\n", True), ("a …\n", "a b c\n", True), ("a…\nc\n", "a\nb\nc\n", False), ("a\n", "a\nb\n", False)],
)
def test_shown_output_is_compared(shown: str, printed: str, same: bool) -> None:
    """A mark stands for a part of a line, and nothing else may differ."""
    assert same == agrees(shown, printed)


# The site as it is built.


class Page(HTMLParser):
    """What one page of the site loads, links to, and can be linked to by."""

    def __init__(self, file: Path) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.classes: set[str] = set()
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect."""
        values = {name: value or "" for name, value in attrs}
        self.ids |= {values.get("id", ""), values.get("name", "")}
        self.classes |= set(values.get("class", "").split())
        if tag == "a":
            self.links.append(values.get("href", ""))
        else:
            self.loads += [values[name] for name in ("src", "href", "srcset", "data", "poster") if name in values]


OUTSIDE: Final = re.compile(r"(?:[a-z][a-z0-9+.-]*:)?//", re.IGNORECASE)


def test_nothing_is_loaded_from_outside(site: Path) -> None:
    """Neither by a page, nor by a style sheet."""
    pages = {file: Page(file) for file in site.rglob("*.html")}
    assert len(PAGES) < len(pages)
    assert [] == [load for page in pages.values() for load in page.loads if OUTSIDE.match(load)]
    for file in site.rglob("*.css"):
        assert [] == re.findall(r"(?:url\(|@import)\s*[\"']?(?:https?:)?//[^)]*", file.read_text()), file.name


LOADED_BY_SCRIPTS: Final = {
    "unpkg.com/mermaid": "mermaid",  # only for a diagram
    "unpkg.com/iframe-worker": None,  # only where a page is opened as a file, rather than served
    "unpkg.com/resize-observer-polyfill": None,  # only in browsers of before 2020
    "api.github.com": "md-source",  # only with a link to a repository in the head of the page
    "gitlab.com": "md-source",
}
"""What the theme's script can load, and the class without which it does not."""


def test_no_page_makes_the_script_load_from_outside(site: Path) -> None:
    """The theme's script knows a few addresses; no page has what would make it ask them."""
    scripts = " ".join(file.read_text() for file in site.rglob("*.js") if "lunr" not in str(file))
    addresses = set(re.findall(r"https?://(?:[\w.-]+\.)+\w+(?:/[\w@./-]*)?", scripts))
    loaded = {address for address in addresses if re.search(r"unpkg|jsdelivr|cdn|api\.|gitlab", address)}
    unknown = {address for address in loaded if not any(known in address for known in LOADED_BY_SCRIPTS)}
    assert set() == unknown
    used = {name for file in site.rglob("*.html") for name in Page(file).classes}
    assert set() == used & {name for name in LOADED_BY_SCRIPTS.values() if name}


def test_links_have_targets(site: Path) -> None:
    """Every link inside the site has its page and anchor. Few links lead out of it."""
    pages = {file.resolve(): Page(file) for file in site.rglob("*.html")}
    dead, out = [], set()
    for file, page in pages.items():
        if file.name == "404.html":
            continue  # its links are those of the others, from the root
        for link in page.links:
            if OUTSIDE.match(link):
                out.add(link)
                continue
            path, _, anchor = link.partition("#")
            target = (file.parent / path).resolve() if path else file
            target = target / "index.html" if target.is_dir() else target
            if not target.is_file() or (anchor and target in pages and anchor not in pages[target].ids):
                dead.append((file.relative_to(site.resolve()), link))
    assert [] == dead
    assert len(out) <= 5, out


def test_the_site_is_generated_from_the_schema_and_the_commands(site: Path) -> None:
    """The bounds of u64 are there, and the arguments, options, choices and defaults of the commands."""
    assert "18446744073709551615" in (site / "message" / "index.html").read_text()
    commands = html.unescape((site / "command-line" / "index.html").read_text())
    shown = ["compat [OPTIONS] OLD NEW", "validate [OPTIONS] [FILES|-]...", "--require-receivers N"]
    shown += [
        "--format text|json|raw",
        "--for publish|watch",
        "Seconds for each answer; 10 unless given.",
        "-u, --url URL",
    ]
    assert [] == [words for words in shown if words not in commands]
    assert [] == [file.name for file in site.rglob("*.html") if "generated:" in file.read_text()]
