"""The `chandler tiers` commands. Each imports what it needs when it runs, so that --help is quick."""

from typing import Annotated

import typer

from console.edge import settings, told

tiers = typer.Typer(help="Look after rows that have aged out of the database.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="For programs; times in microseconds UTC.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="For a spreadsheet; times in microseconds UTC.")]


@tiers.command()
def status(as_json: AsJson = False) -> None:
    """Show of every table what is in the database and what is in files. Rows, ages, room."""
    from console.tiers.status import show_status  # noqa: PLC0415

    raise typer.Exit(told(lambda: show_status(settings(), as_json=as_json)))


@tiers.command()
def run(as_json: AsJson = False) -> None:
    """Do what the policies ask for, now. A running keeper does that by itself."""
    from console.tiers.run import run_now  # noqa: PLC0415

    raise typer.Exit(told(lambda: run_now(settings(), as_json=as_json)))


@tiers.command()
def moves(as_json: AsJson = False, as_csv: AsCsv = False) -> None:
    """Show the record. What was moved or deleted, when, by which policy, from which rows to which file."""
    from console.tiers.moves import show_moves  # noqa: PLC0415

    raise typer.Exit(told(lambda: show_moves(settings(), as_json=as_json, as_csv=as_csv)))


@tiers.command()
def verify(as_json: AsJson = False) -> None:
    """Read every byte of every file and compare it with its checksums and the database. Exit code 1 if one is bad."""
    from console.tiers.verify import verify_now  # noqa: PLC0415

    raise typer.Exit(told(lambda: verify_now(settings(), as_json=as_json)))


@tiers.command()
def thaw(
    table: Annotated[str, typer.Argument(help="As balance_history.")],
    month: Annotated[str, typer.Argument(help="As 2026-07.")],
) -> None:
    """Put a month's rows back into the database. The next round takes them out again unless the policy is changed."""
    from console.tiers.thaw import thaw_now  # noqa: PLC0415

    raise typer.Exit(told(lambda: thaw_now(settings(), table, month)))
