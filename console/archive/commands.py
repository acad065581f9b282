"""The `chandler archive` commands. Each imports what it needs when it runs, so that --help is quick."""

from typing import Annotated

import typer

from console.edge import settings, told

archive = typer.Typer(help="Look at the months that are sealed, seal more, verify.", no_args_is_help=True)

Exchange = Annotated[str | None, typer.Option(help="Only this exchange.")]
Symbol = Annotated[str | None, typer.Option(help="Only this symbol, as BTC/USDT.")]
Timeframe = Annotated[str | None, typer.Option(help="Only this timeframe, as 1m.")]
AsJson = Annotated[bool, typer.Option("--json", help="For programs; times in ms UTC.")]


@archive.command()
def status(
    exchange: Exchange = None, symbol: Symbol = None, timeframe: Timeframe = None, as_json: AsJson = False
) -> None:
    """Show what of every series is sealed. How large it is, and what waits to be sealed."""
    from console.archive.status import show_status  # noqa: PLC0415
    from console.candles.account import Choice  # noqa: PLC0415

    choice = Choice(exchange, symbol, timeframe)
    raise typer.Exit(told(lambda: show_status(settings(), choice, as_json=as_json)))


@archive.command()
def seal(
    exchange: Exchange = None, symbol: Symbol = None, timeframe: Timeframe = None, as_json: AsJson = False
) -> None:
    """Seal the months that are complete now. A running keeper does that by itself."""
    from console.archive.seal import seal_now  # noqa: PLC0415
    from console.candles.account import Choice  # noqa: PLC0415

    choice = Choice(exchange, symbol, timeframe)
    raise typer.Exit(told(lambda: seal_now(settings(), choice, as_json=as_json)))


@archive.command()
def verify(
    exchange: Exchange = None,
    symbol: Symbol = None,
    timeframe: Timeframe = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Put bad files aside, and make anew what the table still has.")
    ] = False,
    refetch: Annotated[
        bool,
        typer.Option("--refetch", help="With --repair: have fetched again what was in a lost or damaged file alone."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read every byte of every file and compare it with manifest, database and table. Exit code 1 if one is bad."""
    from console.archive.verify import verify_now  # noqa: PLC0415
    from console.candles.account import Choice  # noqa: PLC0415

    choice = Choice(exchange, symbol, timeframe)
    raise typer.Exit(
        told(lambda: verify_now(settings(), choice, repair=repair or refetch, refetch=refetch, as_json=as_json))
    )


@archive.command()
def restore(
    exchange: Annotated[str, typer.Option(help="Whose candles.")],
    symbol: Annotated[str, typer.Option(help="As BTC/USDT.")],
    timeframe: Annotated[str, typer.Option(help="As 1m.")],
    months: Annotated[list[str] | None, typer.Argument(help="As 2024-01; without any, all of the series.")] = None,
) -> None:
    """Put candles that were pruned back into the table. The files stay."""
    from console.archive.restore import restore_now  # noqa: PLC0415
    from shared.market import Series  # noqa: PLC0415

    raise typer.Exit(told(lambda: restore_now(settings(), Series(exchange, symbol, timeframe), months or [])))
