"""The `chandler` command. Each command imports what it needs when it runs, so that --help is quick."""

import os
from pathlib import Path
from typing import Annotated

import typer

from console.archive.commands import archive
from console.backtest.commands import backtest, parity
from console.backup.commands import backup
from console.bench.commands import bench
from console.candles.commands import candles
from console.edge import settings, told
from console.history.commands import history
from console.ledger.commands import ledger
from console.strategies.commands import strategies
from console.tiers.commands import tiers

app = typer.Typer(
    name="chandler",
    help="Collects the market's candles once, keeps them whole, and runs a fleet of trading strategies on them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # loading rich would triple the time that --help takes
    pretty_exceptions_enable=False,
)
config = typer.Typer(help="Look at the configuration.", no_args_is_help=True)
app.add_typer(config, name="config")
app.command()(backtest)
app.command()(parity)
app.add_typer(candles, name="candles")
app.add_typer(archive, name="archive")
app.add_typer(backup, name="backup")
app.add_typer(bench, name="bench")
app.add_typer(history, name="history")
app.add_typer(tiers, name="tiers")
app.add_typer(ledger, name="ledger")
app.add_typer(strategies, name="strategies")
journal = typer.Typer(help="What waits on disk while the database can't be written.", no_args_is_help=True)
app.add_typer(journal, name="journal")


def _version(wanted: bool) -> None:  # noqa: FBT001 - typer hands the option over so
    if wanted:
        from importlib.metadata import PackageNotFoundError, version  # noqa: PLC0415

        try:
            found = version("chandler")
        except PackageNotFoundError:
            found = _version_of_the_sources()
        typer.echo(f"chandler {found}")
        raise typer.Exit


def _version_of_the_sources() -> str:
    import tomllib  # noqa: PLC0415

    sources = Path(__file__).parents[1] / "pyproject.toml"
    return str(tomllib.loads(sources.read_text(encoding="utf-8"))["project"]["version"]) if sources.exists() else "?"


@app.callback()
def chandler(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and leave.")
    ] = False,
) -> None:
    """Every command reads chandler.toml in the current directory, or the file that CHANDLER_CONFIG names."""


@app.command()
def demo(
    seconds: Annotated[
        float | None,
        typer.Option(min=1, help="End after so long, and fail unless candles, signals and trades were written."),
    ] = None,
    data: Annotated[Path, typer.Option(help="Where the demo keeps its database and logs.")] = Path("demo-data"),
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what earlier demos left there.")] = False,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="Of the web page; if it is taken, any free one.")] = 8080,
) -> None:
    """Run the whole stack on a simulated exchange, here. Ctrl-C ends it."""
    from console.demo import run_demo  # noqa: PLC0415

    raise typer.Exit(told(lambda: run_demo(data, seconds, port, fresh=fresh)))


@app.command()
def serve() -> None:
    """Serve the web page; [console] in the configuration says where."""
    from console.web import serve as serve_page  # noqa: PLC0415

    raise typer.Exit(told(lambda: serve_page(settings())))


@app.command()
def status(
    as_json: Annotated[bool, typer.Option("--json", help="For programs; money as exact decimal text.")] = False,
) -> None:
    """Show series, strategies and upkeep. What is collected, held and earned, and how all of it is looked after."""
    from console.status.show import show_status  # noqa: PLC0415

    raise typer.Exit(told(lambda: show_status(settings(), as_json=as_json)))


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Leave out what reads every row.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Let a warning be exit code 1, too.")] = False,
) -> None:
    """Look at everything, change nothing, and say what to do. Exit code 1 on a failure."""
    from console.doctor.show import run_doctor  # noqa: PLC0415

    raise typer.Exit(told(lambda: run_doctor(as_json=as_json, quick=quick, strict=strict)))


@app.command()
def changes(
    table: Annotated[str | None, typer.Option(metavar="NAME", help="Of this table only.")] = None,
    since: Annotated[str | None, typer.Option(help="Back to there, as 2026-11-20T12:00:00Z.")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="For programs; money as exact decimal text.")] = False,
) -> None:
    """Show what was changed in the database, newest first. Until an incremental backup took it."""
    from console.changes import show_changes  # noqa: PLC0415

    raise typer.Exit(told(lambda: show_changes(settings(), table, since, limit, as_json=as_json)))


@app.command()
def portfolio(
    days: Annotated[float | None, typer.Option(min=0.01, help="Look back so far, else to the beginning.")] = None,
    strategy: Annotated[str | None, typer.Option(metavar="ID", help="Only this one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs; money as exact decimal text.")] = False,
) -> None:
    """Show all strategies together, beside buy-and-hold. Equity, exposure, profits and performance."""
    from console.portfolio import show_portfolio  # noqa: PLC0415

    raise typer.Exit(told(lambda: show_portfolio(settings(), days, strategy, as_json=as_json)))


@app.command()
def vacuum(
    force: Annotated[bool, typer.Option("--force", help="Also while traders run: they wait for so long.")] = False,
) -> None:
    """Write the database file anew, without unused room. The keeper gives room back bit by bit; this gives all."""
    from console.vacuum import vacuum as rebuild  # noqa: PLC0415

    raise typer.Exit(told(lambda: rebuild(settings(), force=force)))


@app.command()
def indicators(
    source: Annotated[Path, typer.Argument(metavar="IN", help="Candles: .csv, .csv.gz, .parquet or .feather.")],
    target: Annotated[Path, typer.Argument(metavar="OUT", help="Written as its suffix says.")],
    add: Annotated[list[str], typer.Option(metavar="[NAME=]SPEC", help="rsi:14, macd:12,26,9, ta:momentum.tsi ...")],
    replace: Annotated[bool, typer.Option("--replace", help="Write OUT anew if it exists.")] = False,
) -> None:
    """Add columns of indicators to a file of candles. Any names of columns, times in seconds or ms; no database."""
    from console.indicators import add_indicators  # noqa: PLC0415

    raise typer.Exit(told(lambda: add_indicators(source, target, add, replace=replace)))


@app.command()
def restore(
    at: Annotated[
        str | None,
        typer.Option(metavar="INSTANT", help="As 2026-11-20T12:00:00.123Z, or since 1970; without it, the newest."),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="The database file to make, or a directory for it and an archive."),
    ] = None,
    archive: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Put files of the archive there that it needs and that are not.")
    ] = None,
    timeline: Annotated[
        str | None, typer.Option(metavar="NAME", help="Which past of a database that was restored before.")
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a database that nobody uses. A copy of it is kept beside it.")
    ] = False,
    no_check: Annotated[
        bool, typer.Option("--no-check", help="Do not look at pages, references and books; checksums are proven.")
    ] = False,
    listed: Annotated[bool, typer.Option("--list", help="Only say which instants can be restored.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --list, for programs.")] = False,
) -> None:
    """Make the database as it stood at an instant, from backups. Exit code 1 if that can't be given."""
    from console.restore import list_restorable, restore_now  # noqa: PLC0415

    if listed:
        raise typer.Exit(told(lambda: list_restorable(settings(), as_json=as_json)))
    if to is None:
        raise typer.BadParameter("say where to: --to PATH (or --list what can be restored)")
    raise typer.Exit(told(lambda: restore_now(settings(), at, to, archive, timeline, force=force, check=not no_check)))


Whom = Annotated[str | None, typer.Argument(metavar="STRATEGY", help="Its id; without one, the whole desk.")]
Why = Annotated[str, typer.Option(help="Kept with the state, and shown wherever it holds.")]


@app.command()
def halt(strategy_id: Whom = None, reason: Why = "") -> None:
    """Take no new exposure until `resume`. What rests at the market is taken back; exits go on."""
    from console.halt import tighten  # noqa: PLC0415

    raise typer.Exit(told(lambda: tighten(settings(), strategy_id, "halted", reason)))


@app.command()
def reduce(strategy_id: Whom = None, reason: Why = "") -> None:
    """Decide on no new exposure until `resume`. Orders that rest at the market stay; exits go on."""
    from console.halt import tighten  # noqa: PLC0415

    raise typer.Exit(told(lambda: tighten(settings(), strategy_id, "reducing", reason)))


@app.command()
def resume(strategy_id: Whom = None) -> None:
    """Trade again, after any stop. Lifts `halt`, `reduce`, a loss limit and an error; losses count from now on."""
    from console.halt import resume as resume_trading  # noqa: PLC0415

    raise typer.Exit(told(lambda: resume_trading(settings(), strategy_id)))


@app.command()
def flatten(
    strategy_id: Whom = None,
    reason: Why = "",
    yes: Annotated[bool, typer.Option("--yes", help="Ask nothing: for scripts.")] = False,
    seconds: Annotated[float, typer.Option(min=0, help="How long to wait until everything is closed.")] = 60,
) -> None:
    """Halt, and close every position at the market. On paper and live; asks for a typed confirmation."""
    from console.flatten import flatten as close_everything  # noqa: PLC0415

    raise typer.Exit(told(lambda: close_everything(settings(), strategy_id, reason, seconds, confirmed=yes)))


@config.command()
def check() -> None:
    """Read the configuration and say everything that is wrong with it."""
    from console.check import check_config  # noqa: PLC0415

    raise typer.Exit(told(lambda: check_config(os.environ)))


@journal.command("status")
def journal_status(as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False) -> None:
    """Show what waits, and who sees to it. Exit code 1 if nobody does."""
    from console.journal import show_journal  # noqa: PLC0415

    raise typer.Exit(told(lambda: show_journal(settings(), as_json=as_json)))


@journal.command("load")
def journal_load() -> None:
    """Put what waits into the database. A running backfiller does that by itself."""
    from console.journal import load_journal  # noqa: PLC0415

    raise typer.Exit(told(lambda: load_journal(settings())))
