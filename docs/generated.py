"""A hook of mkdocs: what other files say already, and pages of golden vectors."""

from __future__ import annotations

import html
import inspect
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import click
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from vector_pages import pages

from checkpoint_notify.cli.app import app
from checkpoint_notify.resources import schema_text


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of golden vectors."""
    for path, text in pages():
        files.append(File.generated(config, path, content=text))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Replace each `<!-- generated: NAME -->`, and drop the notes about that."""
    markdown = re.sub(
        r"<!-- repository only -->.*?<!-- end -->\n+", "", markdown, flags=re.DOTALL
    )
    return re.sub(
        r"<!-- generated: (\w+) -->",
        lambda match: "\n".join(_PARTS[match[1]]()),
        markdown,
    )


def on_page_content(content: str, **_: object) -> str:
    """Mark what must not be wrapped: columns of a terminal, and short code."""
    content = re.sub(
        r'<div class="language-console highlight">(?=((?:(?!</pre>).)*))',
        lambda match: (
            match[0].replace("console", "console columns")
            if has_columns(re.sub(r"<[^>]*>", "", match[1]))
            else match[0]
        ),
        content,
        flags=re.DOTALL,
    )
    return re.sub(
        r"(?<!</span>)(?<!<pre>)<code>(?=([^<>\n]{1,28})</code>)",
        lambda match: f'<code class="{_length(match[1])} word">',
        content,
    )


def _length(code: str) -> str:
    return "short" if len(code) < 15 else "long"


def has_columns(session: str) -> bool:
    """Whether a session has a caret below a byte, or columns."""
    return bool(re.search(r"^ *\^+ *$|\S {3,}\S", session, re.MULTILINE))


def fields() -> Iterator[str]:
    """A section for each field of the message, from the schema."""
    schema: dict[str, Any] = json.loads(schema_text())
    for name, field in schema["properties"].items():
        resolved = (
            field | schema["$defs"][field["$ref"].rpartition("/")[2]]
            if "$ref" in field
            else field
        )
        default = (
            f"`{json.dumps(field['default'])}` if absent"
            if "default" in field
            else "optional"
        )
        needed = "required" if name in schema["required"] else default
        yield from (
            f"### `{name}`",
            "",
            f"*{_type(resolved)}; {needed}.* {field['description']}",
            "",
        )


def _type(field: dict[str, Any]) -> str:
    if field["type"] == "object":
        values = field["additionalProperties"]["type"]
        return f"object whose values are of type {values}"
    if "minimum" in field:
        return f"{field['type']} from {field['minimum']} to {field['maximum']}"
    return str(field["type"])


def commands() -> Iterator[str]:
    """A section for each command, from its own help."""
    context = click.Context(app)
    for name in app.list_commands(context):
        command = app.get_command(context, name)
        assert command is not None
        yield from (f"## {name}", "")
        for line in command.usage:
            yield f"`checkpoint-notify {name} {line}`<br>"
        yield from ("", _paragraphs(command.help or ""), "")
        options = [
            param for param in command.params if isinstance(param, click.Option)
        ]
        yield from ["| option | meaning |", "|---|---|"] * bool(options)
        for option in options:
            spelled = _escaped(
                " ".join([", ".join(option.opts), option.metavar or ""]).rstrip()
            )
            yield f"| <code>{spelled}</code> | {_escaped(option.help or '')} |"
        yield ""


def _paragraphs(text: str) -> str:
    text = _escaped(inspect.cleandoc(text).replace("\b\n", ""))
    return re.sub(
        r"^Example: (.*)$", r"Example: <code>\1</code>", text, flags=re.MULTILINE
    )


def _escaped(text: str) -> str:
    return (
        html.escape(text, quote=False).replace("|", "&#124;").replace("*", "&#42;")
    )


_PARTS: dict[str, Callable[[], Iterator[str]]] = {
    "fields": fields,
    "commands": commands,
}
