"""The `chandler history` commands. Each imports what it needs when it runs, so that --help is quick."""

from pathlib import Path
from typing import Annotated

import typer

from console.candles.commands import AsJson, Exchange, Symbol, Timeframe, ms_of
from console.edge import settings, told

Strategy = Annotated[str, typer.Argument(metavar="STRATEGY", help="Its id.")]
From = Annotated[str | None, typer.Option("--from", help="From then on, as 2026-01-01 or 2026-01-01T12:00; UTC.")]
To = Annotated[str | None, typer.Option("--to", help="To before then.")]
Exact = Annotated[bool, typer.Option("--json", help="For programs: all columns, exact decimals, times in us UTC.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="The same for a spreadsheet.")]
_LATE_MS = 2**46

history = typer.Typer(help="Look at what is kept of the past, reach further back.", no_args_is_help=True)


@history.command()
def info(
    exchange: Exchange = None, symbol: Symbol = None, timeframe: Timeframe = None, as_json: AsJson = False
) -> None:
    """Show how many candles there are, from when to when, where they lie, and how much room they take."""
    from console.candles.account import Choice  # noqa: PLC0415
    from console.history.info import show_info  # noqa: PLC0415

    raise typer.Exit(told(lambda: show_info(settings(), Choice(exchange, symbol, timeframe), as_json=as_json)))


@history.command()
def update(
    exchange: Exchange = None,
    symbol: Symbol = None,
    timeframe: Timeframe = None,
    since: Annotated[str | None, typer.Option("--from", help="Reach back to there, as 2024-01-01; UTC.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="Reach back until there are so many candles.")] = None,
) -> None:
    """Fetch what is not there yet, and keep it. Exit code 0 if nothing is missing afterwards."""
    from console.candles.account import Choice  # noqa: PLC0415
    from console.history.update import update as fetch  # noqa: PLC0415

    choice = Choice(exchange, symbol, timeframe)
    raise typer.Exit(told(lambda: fetch(settings(), choice, None if since is None else ms_of(since, 0), limit)))


@history.command()
def clear(exchange: Exchange = None, symbol: Symbol = None, timeframe: Timeframe = None) -> None:
    """Remove the fast copies of sealed months. No candle is in them alone; they are made again when needed."""
    from console.candles.account import Choice  # noqa: PLC0415
    from console.history.upkeep import clear as remove  # noqa: PLC0415

    raise typer.Exit(told(lambda: remove(settings(), Choice(exchange, symbol, timeframe))))


@history.command()
def verify(
    exchange: Exchange = None, symbol: Symbol = None, timeframe: Timeframe = None, as_json: AsJson = False
) -> None:
    """Hold fast copies against their months, and counts against the bookkeeping. Exit code 1 if anything differs."""
    from console.candles.account import Choice  # noqa: PLC0415
    from console.history.upkeep import verify as compare  # noqa: PLC0415

    raise typer.Exit(told(lambda: compare(settings(), Choice(exchange, symbol, timeframe), as_json=as_json)))


@history.command()
def relocate(
    target: Annotated[Path | None, typer.Argument(help="Where the archive is to be.")] = None,
    origin: Annotated[Path | None, typer.Option("--from", help="Where it was: what is still there is moved.")] = None,
) -> None:
    """Copy the archive to another directory, each file checked; then --from removes what stayed behind."""
    from console.history.relocate import relocate as move  # noqa: PLC0415

    raise typer.Exit(told(lambda: move(settings(), target, origin)))


@history.command()
def convert(
    file: Annotated[Path, typer.Argument(help="A pickle of candles.")],
    out: Annotated[Path, typer.Argument(help="The file to write: .parquet or .feather.")],
    trusted: Annotated[
        bool, typer.Option("--i-trust-this-file", help="Reading a pickle runs the code in it: it is my own.")
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Write the file anew if it exists.")] = False,
) -> None:
    """Turn an old pickle cache into a file that `chandler candles import` takes."""
    from console.history.convert import convert as unpickle  # noqa: PLC0415

    raise typer.Exit(told(lambda: unpickle(file, out, trusted=trusted, replace=replace)))


@history.command()
def balances(
    strategy: Strategy,
    since: From = None,
    until: To = None,
    asset: Annotated[str | None, typer.Option(help="Only this asset, as USDT.")] = None,
    as_json: Exact = False,
    as_csv: AsCsv = False,
) -> None:
    """Show every change of a strategy's balances. Also those that have aged out of the database."""
    from console.history.rows import show_balances  # noqa: PLC0415

    raise typer.Exit(
        told(lambda: show_balances(settings(), strategy, _within_us(since, until), asset, _form(as_json, as_csv)))
    )


@history.command()
def equity(
    strategy: Strategy, since: From = None, until: To = None, as_json: Exact = False, as_csv: AsCsv = False
) -> None:
    """Show what a strategy was worth. Also what has aged out of the database."""
    from console.history.rows import show_equity  # noqa: PLC0415

    raise typer.Exit(told(lambda: show_equity(settings(), strategy, _within_us(since, until), _form(as_json, as_csv))))


@history.command()
def tickers(
    exchange: Annotated[str, typer.Argument(help="As binance.")],
    symbol: Annotated[str, typer.Argument(help="As BTC/USDT.")],
    since: From = None,
    until: To = None,
    as_json: Exact = False,
    as_csv: AsCsv = False,
) -> None:
    """Show a market's prices. Also those that have aged out of the database."""
    from console.history.rows import show_tickers  # noqa: PLC0415

    raise typer.Exit(
        told(lambda: show_tickers(settings(), exchange, symbol, _within_us(since, until), _form(as_json, as_csv)))
    )


def _within_us(since: str | None, until: str | None) -> tuple[int, int]:
    return ms_of(since, 0) * 1_000, ms_of(until, _LATE_MS) * 1_000


def _form(as_json: bool, as_csv: bool) -> str:  # noqa: FBT001 - two options
    return "json" if as_json else "csv" if as_csv else "table"
