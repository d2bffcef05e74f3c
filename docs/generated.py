"""A hook of mkdocs: what other files say already, and pages of golden vectors."""

from __future__ import annotations

import html
import inspect
import json
import re
from collections.abc import Callable, Iterator

import click
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from vector_pages import pages

from checkpoint_notify.cli.app import app
from checkpoint_notify.compat.schema import read_contract
from checkpoint_notify.compat.wire_types import (
    Bool,
    Enum,
    Float,
    Integer,
    Map,
    Option,
    Struct,
    Text,
    Vec,
    WireType,
)
from checkpoint_notify.resources import schema_text

_BAR = "\\|"
"""A bar inside a cell of a table."""


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
    """The fields of the message and the types that they use, from the schema."""
    document = read_contract(schema_text())
    yield from _table(document.root)
    for field in document.root.fields:
        yield from (
            f"### `{field.name}`",
            "",
            field.words.get("description", ""),
            "",
        )
    for kind in document.types.values():
        if isinstance(kind, (Enum, Struct)):
            yield f"### `{kind.rust}` {{ #{_anchor(kind)} }}"
            yield from ("", kind.words.get("description", ""), "")
        if isinstance(kind, Struct):
            yield from _table(kind)
        elif isinstance(kind, Enum):
            variants = ", ".join(f"`{json.dumps(name)}`" for name in kind.variants)
            yield from (f"One of {variants}.", "")


def _table(struct: Struct) -> Iterator[str]:
    yield from (
        "| field | Rust | JSON | Python | if absent |",
        "|---|---|---|---|---|",
    )
    for field in struct.fields:
        absent = "refused" if field.required else f"`{json.dumps(field.default)}`"
        if field.serde.get("default") is False:
            absent += ", refused in the array form"
        if "skip_serializing_if" in field.serde:
            absent += "; `null` is not written"
        cells = (
            f"`{field.name}`",
            f"`{field.type.rust}`",
            _json(field.type),
            f"`{_python(field.type)}`",
            absent,
        )
        yield f"| {' | '.join(cell.replace('|', _BAR) for cell in cells)} |"
    yield from (
        "",
        "Unknown fields are refused."
        if struct.closed
        else "Unknown fields are ignored.",
        "",
    )


def numbers() -> Iterator[str]:
    """A section for each alias of a number in the generated module."""
    for kind in read_contract(schema_text()).types.values():
        if isinstance(kind, (Integer, Float)):
            name = kind.rust.upper()
            yield f"### `{name}` {{ #checkpoint_notify._generated.{name} }}"
            yield from ("", _bounds(kind), "")


def _bounds(kind: Integer | Float) -> str:
    if isinstance(kind, Float):
        return "A `float` that is neither NaN nor infinite."
    power = kind.maximum.bit_length()
    return (
        f"An `int` from {kind.minimum} to {kind.maximum}, which is 2^{power} - 1."
    )


def _json(kind: WireType) -> str:
    """A type in the words of JSON."""
    match kind:
        case Text():
            return "string"
        case Bool():
            return "true or false"
        case Integer():
            return f"integer from {kind.minimum} to {kind.maximum}"
        case Float():
            return "number"
        case Option(inner):
            return f"null, or {_json(inner)}"
        case Vec(inner):
            return f"array of {_json(inner)}"
        case Map(inner):
            return f"object with values of {_json(inner)}"
        case Enum():
            return f"string, one of [`{kind.rust}`](#{_anchor(kind)})"
        case Struct():
            return f"object [`{kind.rust}`](#{_anchor(kind)})"


def _anchor(kind: Enum | Struct) -> str:
    """The place of a type on the page; a field may have the same name."""
    return f"type-{kind.rust}"


def _python(kind: WireType) -> str:
    """A type in Python."""
    match kind:
        case Text():
            return "str"
        case Bool():
            return "bool"
        case Integer():
            return "int"
        case Float():
            return "float"
        case Option(inner):
            return f"{_python(inner)} | None"
        case Vec(inner):
            return f"list[{_python(inner)}]"
        case Map(inner):
            return f"dict[str, {_python(inner)}]"
        case Enum() | Struct():
            return kind.rust


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
    "numbers": numbers,
}
