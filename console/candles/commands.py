"""The `chandler candles` commands. Each imports what it needs when it runs, so that --help is quick."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from console.edge import settings, told

candles = typer.Typer(help="Look at stored candles, mend them, move them in and out.", no_args_is_help=True)

Exchange = Annotated[str | None, typer.Option(help="Only this exchange.")]
Symbol = Annotated[str | None, typer.Option(help="Only this symbol, as BTC/USDT.")]
Timeframe = Annotated[str | None, typer.Option(help="Only this timeframe, as 1m.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs; times in ms UTC.")]
Format = Annotated[
    Literal["csv", "parquet", "feather"] | None, typer.Option("--format", help="If the file's name does not say it.")
]


@candles.command()
def status(
    exchange: Exchange = None, symbol: Symbol = None, timeframe: Timeframe = None, as_json: AsJson = False
) -> None:
    """Show what is stored of every series, and what is missing. From when to when, and what can't be had."""
    from console.candles.account import Choice  # noqa: PLC0415
    from console.candles.status import show_status  # noqa: PLC0415

    choice = Choice(exchange, symbol, timeframe)
    raise typer.Exit(told(lambda: show_status(settings(), choice, as_json=as_json)))


@candles.command()
def gaps(
    exchange: Exchange = None, symbol: Symbol = None, timeframe: Timeframe = None, as_json: AsJson = False
) -> None:
    """List what is wanted and not fetched. And what the exchange will not hand out."""
    from console.candles.account import Choice  # noqa: PLC0415
    from console.candles.status import show_gaps  # noqa: PLC0415

    choice = Choice(exchange, symbol, timeframe)
    raise typer.Exit(told(lambda: show_gaps(settings(), choice, as_json=as_json)))


@candles.command()
def repair(
    exchange: Exchange = None,
    symbol: Symbol = None,
    timeframe: Timeframe = None,
    unreachable: Annotated[
        bool, typer.Option("--unreachable", help="Ask again for what the exchange would not hand out, too.")
    ] = False,
) -> None:
    """Fetch what is missing now. Exit code 0 if nothing is missing afterwards. Safe beside a running backfiller."""
    from console.candles.account import Choice  # noqa: PLC0415
    from console.candles.repair import repair as mend  # noqa: PLC0415

    choice = Choice(exchange, symbol, timeframe)
    raise typer.Exit(told(lambda: mend(settings(), choice, unreachable=unreachable)))


@candles.command()
def verify(
    sample: Annotated[int, typer.Option(min=1, max=100_000, help="How many windows to fetch again.")] = 20,
    seed: Annotated[int | None, typer.Option(min=0, help="Chooses the same windows again; printed.")] = None,
    exchange: Exchange = None,
    symbol: Symbol = None,
    timeframe: Timeframe = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Take the exchange's values; the old ones are kept in candle_revisions.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fetch random windows again and compare. Exit code 1 if what is stored differs."""
    from random import randrange  # noqa: PLC0415

    from console.candles.account import Choice  # noqa: PLC0415
    from console.candles.verify import verify as compare  # noqa: PLC0415

    choice, chosen = Choice(exchange, symbol, timeframe), randrange(2**32) if seed is None else seed  # noqa: S311
    raise typer.Exit(told(lambda: compare(settings(), choice, sample, chosen, accept=accept, as_json=as_json)))


@candles.command(name="import")
def bring_in(
    file: Annotated[Path, typer.Argument(help="CSV (also .csv.gz), Parquet or Feather.")],
    exchange: Annotated[str, typer.Option(help="Whose candles they are.")],
    symbol: Annotated[str | None, typer.Option(help="As BTC/USDT; without it, as the name BTC_USDT-1m says.")] = None,
    timeframe: Annotated[str | None, typer.Option(help="As 1m; without it, as the file's name says.")] = None,
    file_format: Format = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Overwrite stored candles; the old ones are kept in candle_revisions.")
    ] = False,
    complete: Annotated[
        bool, typer.Option("--complete", help="The file holds all there is: a row it lacks is confirmed empty.")
    ] = False,
    report: Annotated[Path | None, typer.Option(help="Where to list every refused row, as CSV.")] = None,
    as_json: AsJson = False,
) -> None:
    """Take candles from a file. Exit code 1 if a row was refused, or differs from the stored one."""
    from console.candles.intake import Order, series_of  # noqa: PLC0415
    from console.candles.intake import bring_in as take  # noqa: PLC0415
    from shared.files import file_format as format_of  # noqa: PLC0415

    def run() -> int:
        series = series_of(file, exchange, symbol, timeframe)
        order = Order(file, series, format_of(file, file_format), replace=replace, complete=complete)
        return take(settings(), order, report, as_json=as_json)

    raise typer.Exit(told(run))


@candles.command()
def export(
    file: Annotated[Path, typer.Argument(help="CSV, Parquet or Feather, by its name.")],
    exchange: Annotated[str, typer.Option(help="Whose candles.")],
    symbol: Annotated[str, typer.Option(help="As BTC/USDT.")],
    timeframe: Annotated[str, typer.Option(help="As 1m.")],
    since: Annotated[str | None, typer.Option("--from", help="First open time, as 2024-01-01; UTC.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Where it ends: opens before, UTC.")] = None,
    file_format: Format = None,
    replace: Annotated[bool, typer.Option("--replace", help="Write the file anew if it exists.")] = False,
) -> None:
    """Write stored candles to a file. It appears once it is whole."""
    from console.candles.export import export as write  # noqa: PLC0415
    from shared.errors import StopError  # noqa: PLC0415
    from shared.files import file_format as format_of  # noqa: PLC0415
    from shared.market import Interval, Series  # noqa: PLC0415

    def run() -> int:
        part = Interval(ms_of(since, 0), ms_of(until, 2**62))
        try:
            series = Series(exchange, symbol, timeframe)
        except ValueError as error:
            raise StopError(str(error)) from None
        return write(settings(), series, part, file, format_of(file, file_format), replace=replace)

    raise typer.Exit(told(run))


def ms_of(moment: str | None, default: int) -> int:
    """A date or time as it is typed, in ms UTC; StopError if it is none."""
    if moment is None:
        return default
    from shared.errors import StopError  # noqa: PLC0415

    try:
        found = datetime.fromisoformat(moment)
    except ValueError:
        raise StopError(f"{moment!r} is no date or time: write 2024-01-01 or 2024-01-01T12:00") from None
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)
