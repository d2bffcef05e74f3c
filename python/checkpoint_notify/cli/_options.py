"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

Url: TypeAlias = Annotated[
    str | None, typer.Option("--url", metavar="URL", help="The server, instead of REDIS_URL.", show_default=False)
]
Instance: TypeAlias = Annotated[
    str | None,
    typer.Option("--instance", metavar="ID", help="The instance, instead of FKS_INSTANCE_ID.", show_default=False),
]
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="Write JSON, for machines.")]
