"""The `chandler backtest` command. It imports what it needs when it runs, so that --help is quick."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from console.edge import told


def backtest(
    strategy: Annotated[
        str, typer.Argument(metavar="STRATEGY", help="An id in the configuration, a strategy's name, or a TOML file.")
    ],
    series: Annotated[str | None, typer.Option(help="On these candles: 'binance BTC/USDT 1m'.")] = None,
    since: Annotated[str | None, typer.Option("--from", help="Decide from there on, as 2024-01-01; UTC.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Up to before then.")] = None,
    file: Annotated[Path | None, typer.Option(help="Parquet, Feather or CSV, instead of the database.")] = None,
    parameters: Annotated[list[str] | None, typer.Option("--set", help="A parameter: window=20. Repeat it.")] = None,
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
