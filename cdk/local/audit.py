"""`flowlens audit`: checks of an exported audit trail."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

audit = typer.Typer(help="The audit trail.", no_args_is_help=True)


@audit.callback()
def about() -> None:
    """The audit trail."""


@audit.command()
def verify(
    file: Annotated[list[Path], typer.Argument(help="An exported trail, or all its parts in any order.")],
    head: Annotated[
        str | None, typer.Option(help="The hash that the last event must have, from a signed head.")
    ] = None,
    heads: Annotated[Path | None, typer.Option(help="Signed heads, taken before the trail.")] = None,
    key: Annotated[list[Path] | None, typer.Option(help="The public key of their signatures (PEM).")] = None,
) -> None:
    """Say whether an exported trail is whole and unchanged; it needs no database and no network."""
    from flowlens.kit import trail

    given = [("--head", head), ("--heads", heads), *(("--key", one) for one in key or ())]
    raise typer.Exit(trail.main([*map(str, file), *(f"{name}={value}" for name, value in given if value is not None)]))
