"""The `chandler ledger` commands. Each imports what it needs when it runs, so that --help is quick."""

from pathlib import Path
from typing import Annotated

import typer

from console.edge import settings, told

ledger = typer.Typer(help="Hold the books against the trades.", no_args_is_help=True)


@ledger.command()
def verify(as_json: Annotated[bool, typer.Option("--json", help="For programs; money as exact text.")] = False) -> None:
    """Derive all books from deposits and trades, and compare. Exit code 1 if anything differs."""
    from console.ledger.verify import verify_books  # noqa: PLC0415

    raise typer.Exit(told(lambda: verify_books(settings(), as_json=as_json)))


@ledger.command()
def replay(
    file: Annotated[Path, typer.Argument(help="Fills in the order they happened, CSV or JSON.")],
    out: Annotated[Path, typer.Option(help="Where to write the position after each fill, CSV or JSON by its name.")],
    mark: Annotated[
        str | None, typer.Option(help="Price to value what is open at; without it, each fill's own.")
    ] = None,
    symbol: Annotated[str | None, typer.Option(help="As BTC/USDT, for fills that don't say it.")] = None,
) -> None:
    """Book a list of fills, exactly. Writes what is held and earned after each; needs no database."""
    from console.ledger.replay import replay_fills  # noqa: PLC0415

    raise typer.Exit(told(lambda: replay_fills(file, out, mark, symbol)))
