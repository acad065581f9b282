"""The `chandler strategies` commands. Each imports what it needs when it runs, so that --help is quick."""

import os
from pathlib import Path
from typing import Annotated

import typer

from console.edge import settings, told

strategies = typer.Typer(help="See what strategies there are, and check one before it trades.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]


@strategies.command(name="list")
def list_them(as_json: AsJson = False) -> None:
    """List shipped strategies and yours with their parameters. What is allowed, and the defaults, too."""
    from console.strategies.list import show_strategies  # noqa: PLC0415

    raise typer.Exit(told(lambda: show_strategies(settings(), as_json=as_json)))


@strategies.command()
def check(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="STRATEGY", help="A strategy's id in the configuration, or its name; without it, all configured."
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Those that are not configured too, at defaults.")] = False,
    series: Annotated[str | None, typer.Option(help="On these candles instead: 'binance BTC/USDT 1m'.")] = None,
    file: Annotated[Path | None, typer.Option(help="Parquet, Feather or CSV, instead of the database.")] = None,
    candles: Annotated[int, typer.Option(min=10, max=1_000_000, help="How many to decide on.")] = 500,
    seed: Annotated[int, typer.Option(min=0, help="Of the random walk that stands in for stored candles.")] = 1,
    as_json: AsJson = False,
) -> None:
    """Dry-run strategies and report what is wrong. Errors, nonsense, look-ahead, warm-up; exit code 1 then."""
    from console.backtest.wish import Wish, configured  # noqa: PLC0415
    from console.strategies.check import check_strategies, chosen, series_of  # noqa: PLC0415

    def run() -> int:
        found = configured(Wish(name or "", series, file=file), os.environ)
        wanted = chosen(found, name, everything=everything, series=series_of(series))
        return check_strategies(found, wanted, candles, seed, file, as_json=as_json)

    raise typer.Exit(told(run))
