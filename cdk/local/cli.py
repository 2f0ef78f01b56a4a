"""The `flowlens` command."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from flowlens.model.errors import FlowLensError, Forbidden, NotFound, Unauthenticated

from cdk.local.audit import audit

# Commands import what they need when they run, so that `flowlens --help` is quick.
app = typer.Typer(
    help="Who talks to whom, since when, with what evidence, and what breaks if something goes away.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

# 2 is "what you gave me cannot be used": the most common case by far, so it is also what an unknown FlowLensError gets.
_CODES: dict[type[Exception], int] = {NotFound: 3, Forbidden: 4, Unauthenticated: 4}
_BAD_INPUT, _INTERRUPTED, _BROKEN_PIPE = 2, 130, 141


class Shape(StrEnum):
    """How `decode` writes rows."""

    TABLE = "table"
    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


class Unknown(StrEnum):
    """What the collector does with an exporter that nobody announced."""

    ACCEPT = "accept"
    HOLD = "hold"


def _port(words: str) -> Any:  # Typer's Option says Any too
    return typer.Option(min=0, max=65_535, help=f"{words} 0 is any free one.", show_default=False)


def _version(wanted: bool) -> None:  # noqa: FBT001 (Typer's callback)
    if wanted:
        from importlib.metadata import version

        typer.echo(f"flowlens {version('flowlens')}")
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


_HOME = typer.Option(envvar="FLOWLENS_HOME", help="Where data is kept; default: .flowlens here.", show_default=False)
_PORT = "; 0 takes any free one."


@app.command()
def up(
    *,
    demo: Annotated[bool, typer.Option("--demo", help="Send the demo estate's traffic too.")] = False,
    home: Annotated[
        Path | None, typer.Option(envvar="FLOWLENS_HOME", help="Where data is kept; default .flowlens.")
    ] = None,
    port: Annotated[int | None, _port("The web page's and API's port; default 8080 if free.")] = None,
    netflow_port: Annotated[int | None, _port("Default 2055 if free.")] = None,
    ipfix_port: Annotated[int | None, _port("Default 4739 if free.")] = None,
    sflow_port: Annotated[int | None, _port("Default 6343 if free.")] = None,
    listen: Annotated[
        list[str] | None, typer.Option(help="Local address for exporters; may be repeated. Default: loopback.")
    ] = None,
    capture: Annotated[
        list[str] | None, typer.Option(help="Interface whose packets become flows too; may be repeated. Default: none.")
    ] = None,
    unknown_exporters: Annotated[Unknown, typer.Option(help="Exporters that nobody announced.")] = Unknown.ACCEPT,
    outbound: Annotated[str, typer.Option(envvar="FLOWLENS_OUTBOUND", help="Inner networks it may ask.")] = "",
    authorities: Annotated[
        Path | None, typer.Option(help="Certificates (PEM) that FlowLens trusts there.", exists=True, dir_okay=False)
    ] = None,
    quotas: Annotated[str, typer.Option(envvar="FLOWLENS_QUOTAS", help="`name=points …` of a minute, or `off`.")] = "",
    embedded: Annotated[bool, typer.Option("--embedded", help="Start although AWS credentials are set.")] = False,
) -> None:
    """Run FlowLens whole on this machine, on loopback, until Ctrl-C."""
    from cdk.local.home import Home
    from cdk.local.supervisor import Wishes
    from cdk.local.up import run

    wishes = Wishes(
        outbound=outbound,
        authorities=authorities.read_text() if authorities else "",
        home=Home.chosen(home),
        port=port,
        netflow_port=netflow_port,
        ipfix_port=ipfix_port,
        sflow_port=sflow_port,
        unknown_exporters=unknown_exporters,
        capture=tuple(capture or ()),
        demo=demo,
        quotas=quotas,
    )
    if listen:
        wishes = replace(wishes, listen=tuple(listen))
    raise typer.Exit(run(wishes, embedded=embedded))


@app.command()
def doctor(home: Annotated[Path | None, _HOME] = None) -> None:
    """Say in plain words what is wrong with this set-up."""
    from cdk.local.doctor import run
    from cdk.local.home import Home

    raise typer.Exit(run(Home.chosen(home)))


@app.command()
def decode(
    file: Annotated[Path, typer.Argument(help="A pcap or pcapng, plain or gzip; - reads standard input.")],
    shape: Annotated[
        Shape | None,
        typer.Option("--format", "-f", help="Default: table on a terminal, jsonl otherwise.", show_default=False),
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file for standard output.")] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="Read only datagrams sent to this UDP port.")
    ] = None,
) -> None:
    """Decode the NetFlow, IPFIX and sFlow datagrams of a capture: one row per data record or sample."""
    from cdk.local.decode import run

    with _pipe():
        run(file, shape=shape, output=output, port=port)


@app.command()
def replay(
    file: Annotated[Path, typer.Argument(help="A pcap or pcapng, plain or gzip.")],
    *,
    to: Annotated[str, typer.Option(help="HOST:PORT of a collector; [::1]:2055 for IPv6.")],
    rate: Annotated[float | None, typer.Option(min=0.001, help="Datagrams per second.")] = None,
    speed: Annotated[float | None, typer.Option(min=0.001, help="Times the recorded pace.")] = None,
    fast: Annotated[bool, typer.Option("--as-fast-as-possible", help="Do not pace at all.")] = False,
    shift: Annotated[bool, typer.Option("--shift-to-now/--no-shift", help="Move export and flow times to now.")] = True,
    source: Annotated[str | None, typer.Option("--from", help="Send from this local address, e.g. 127.0.1.1.")] = None,
    port: Annotated[
        int | None, typer.Option(min=1, max=65_535, help="Send only what was sent to this UDP port.")
    ] = None,
) -> None:
    """Send a capture's export datagrams to a collector, their times shifted to now."""
    from cdk.local.replay import Pace, run

    pace = Pace.of(rate=rate, speed=speed, fast=fast)
    run(file, to=to, pace=pace, shift=shift, source=source, port=port)


@app.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(help="AWS VPC Flow Logs: text, gzip or Parquet.")],
    *,
    home: Annotated[Path | None, _HOME] = None,
    fields: Annotated[
        str | None,
        typer.Option(help="The log format, for text without a header line: '${version} ${account-id} …'."),
    ] = None,
) -> None:
    """Count flow logs of files in the FlowLens that runs here; a file that comes again counts once."""
    from cdk.local.home import Home
    from cdk.local.imports import run

    raise typer.Exit(run(files, home=Home.chosen(home), fields=fields))


@app.command()
def redrive(
    *,
    reason: Annotated[str | None, typer.Option(help="Only those set aside for this reason.")] = None,
    ignore: Annotated[bool, typer.Option("--ignore", help="Take them out of sight instead.")] = False,
    api: Annotated[str | None, typer.Option(help="URL of FlowLens; default: the stack running here.")] = None,
    token: Annotated[str | None, typer.Option(envvar="FLOWLENS_TOKEN", help="API token.")] = None,
    home: Annotated[Path | None, _HOME] = None,
) -> None:
    """Try again to count the records that were set aside; each counts once."""
    from cdk.local.home import Home
    from cdk.local.redrive import run

    raise typer.Exit(run(Home.chosen(home), reason=reason, ignore=ignore, api=api, token=token))


@app.command()
def link(
    *,
    email: Annotated[str | None, typer.Option("--for", help="Whose account to give back; on this machine.")] = None,
    api: Annotated[str | None, typer.Option(help="URL of FlowLens; default: the stack running here.")] = None,
    token: Annotated[str | None, typer.Option(envvar="FLOWLENS_TOKEN", help="API token.")] = None,
    home: Annotated[Path | None, _HOME] = None,
) -> None:
    """Make the link that makes the first administrator, or gives an account back: once, within ten minutes."""
    from cdk.local.home import Home
    from cdk.local.welcome import regain, run

    raise typer.Exit(regain(Home.chosen(home), email) if email else run(Home.chosen(home), api=api, token=token))


@app.command()
def demo(
    *,
    minutes: Annotated[float | None, typer.Option(min=0.1, help="Stop after so many minutes (default 10).")] = None,
    forever: Annotated[bool, typer.Option("--forever", help="Go on until Ctrl-C.")] = False,
    api: Annotated[str | None, typer.Option(help="URL of FlowLens; default: the stack running here.")] = None,
    token: Annotated[str | None, typer.Option(envvar="FLOWLENS_TOKEN", help="API token.")] = None,
    seed: Annotated[int, typer.Option(help="Another seed, another estate.")] = 1,
) -> None:
    """Enrol and simulate an estate of about 300 assets, sending NetFlow v5, v9, IPFIX and sFlow."""
    from cdk.local.demo.stage import run

    run(minutes=None if forever else minutes or 10.0, api=api, token=token, seed=seed)


app.add_typer(audit, name="audit")


@app.command()
def seed(
    *,
    assets: Annotated[int, typer.Option(min=100, max=500_000, help="How many assets.")] = 50_000,
    dependencies: Annotated[int, typer.Option(min=100, max=5_000_000, help="How many dependencies.")] = 500_000,
    hours: Annotated[int, typer.Option(min=1, max=72, help="How many hours of history.")] = 24,
    number: Annotated[int, typer.Option("--seed", help="Another seed, another estate.")] = 1,
    home: Annotated[Path | None, _HOME] = None,
) -> None:
    """Write a large estate with its history into the FlowLens that runs here, to see how it feels at that size."""
    from cdk.local.demo.large import LargeEstate
    from cdk.local.home import Home
    from cdk.local.seed import run

    raise typer.Exit(run(Home.chosen(home), LargeEstate(assets, dependencies, number), hours=hours))


@contextmanager
def _pipe() -> Iterator[None]:
    """Whoever reads standard output may have seen enough: that is no error of anybody's."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # or the interpreter complains while it shuts down
        raise typer.Exit(_BROKEN_PIPE) from None


def _complain(problem: object) -> None:
    if line := " ".join(str(problem).split()):
        print(f"flowlens: {line}", file=sys.stderr)  # noqa: T201


def _describe(error: OSError) -> str:
    reason = (error.strerror or str(error)).lower()
    return f"{error.filename}: {reason}" if error.filename else reason


def main(arguments: list[str] | None = None) -> int:
    """Run a command; every failure that is not a bug of ours is one line on standard error and an exit code."""
    try:
        code = app(arguments, prog_name="flowlens", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except typer.TyperException as error:
        _complain(error.format_message().replace("Value error, ", ""))  # pydantic's words, in Typer's
    except FlowLensError as error:
        _complain(error)
        return _CODES.get(type(error), _BAD_INPUT)
    except OSError as error:
        _complain(_describe(error))
    except (KeyboardInterrupt, typer.Abort):
        return _INTERRUPTED
    return _BAD_INPUT


if __name__ == "__main__":
    sys.exit(main())
