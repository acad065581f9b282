"""The `chandler backtest` and `chandler parity` commands. What they need is imported when they run: --help is quick."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from console.edge import told

#: What is tested, on what and when: the same words for both commands.
StrategyArgument = Annotated[
    str, typer.Argument(metavar="STRATEGY", help="An id in the configuration, a strategy's name, or a TOML file.")
]
SeriesOption = Annotated[str | None, typer.Option(help="On these candles: 'binance BTC/USDT 1m'.")]
FromOption = Annotated[str | None, typer.Option("--from", help="Decide from there on, as 2024-01-01; UTC.")]
ToOption = Annotated[str | None, typer.Option("--to", help="Up to before then.")]
FileOption = Annotated[Path | None, typer.Option(help="Parquet, Feather or CSV, instead of the database.")]
SetOption = Annotated[list[str] | None, typer.Option("--set", help="A parameter: window=20. Repeat it.")]


def backtest(
    strategy: StrategyArgument,
    series: SeriesOption = None,
    since: FromOption = None,
    until: ToOption = None,
    file: FileOption = None,
    parameters: SetOption = None,
    cash: Annotated[str | None, typer.Option(help="In the quote asset.")] = None,
    fee: Annotated[str | None, typer.Option(help="A fraction, 0.001; else the market's.")] = None,
    slippage: Annotated[str | None, typer.Option(help="A fraction; else [paper] in the configuration.")] = None,
    engine: Annotated[
        Literal["native", "backtrader"] | None, typer.Option(help="Else as the strategy is written.")
    ] = None,
    grid: Annotated[
        list[str] | None, typer.Option(help="Values to try: window=10,14,20. Repeat it: all are combined.")
    ] = None,
    walk_forward: Annotated[
        str | None, typer.Option(metavar="TRAIN/TEST", help="Days: choose on 60, trade the next 20: 60/20.")
    ] = None,
    by: Annotated[
        Literal["return", "sharpe", "sortino", "calmar"], typer.Option(help="What the best of a grid is best in.")
    ] = "sharpe",
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes for a grid; else one a core.")] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a page with charts: one file, no network.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, for programs; money as exact text.")] = False,
) -> None:
    """Trade a strategy over history. The trader's own risk, fees and books; filled at the next open."""
    from console.backtest.run import run_grid, run_one, run_walk  # noqa: PLC0415
    from console.backtest.wish import Wish  # noqa: PLC0415
    from shared.errors import ConfigError  # noqa: PLC0415

    wish = Wish(strategy, series, since, until, file, tuple(parameters or ()), cash, fee, slippage, engine)

    def run() -> int:
        if html is not None and (grid or walk_forward):
            raise ConfigError("--html shows one test: leave --grid and --walk-forward away, and --set what was best")
        if walk_forward is not None:
            return run_walk(wish, grid or [], walk_forward, by, jobs, as_json=as_json)
        if grid:
            return run_grid(wish, grid, by, jobs, as_json=as_json)
        return run_one(wish, as_json=as_json, html=html)

    raise typer.Exit(told(run))


def parity(
    strategy: StrategyArgument,
    series: SeriesOption = None,
    since: FromOption = None,
    until: ToOption = None,
    file: FileOption = None,
    parameters: SetOption = None,
    engine: Annotated[
        Literal["native", "backtrader"] | None, typer.Option(help="Of the backtest; else as the strategy is written.")
    ] = None,
    restarts: Annotated[int, typer.Option(min=0, help="Start the live side anew before so many candles.")] = 100,
    seed: Annotated[int, typer.Option(min=0, help="Chooses those candles.")] = 1,
    as_json: Annotated[bool, typer.Option("--json", help="Everything, for programs.")] = False,
) -> None:
    """Check that a backtest decides as a trader would. Candle by candle, to the last bit; exit code 1 if not."""
    from console.backtest.wish import Wish  # noqa: PLC0415
    from console.parity import show_parity  # noqa: PLC0415

    wish = Wish(strategy, series, since, until, file, tuple(parameters or ()), engine=engine)
    raise typer.Exit(told(lambda: show_parity(wish, restarts, seed, as_json=as_json)))
