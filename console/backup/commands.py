"""The `chandler backup` commands. Each imports what it needs when it runs, so that --help is quick."""

from typing import Annotated

import typer

from console.edge import settings, told

backup = typer.Typer(help="Take a backup now, list and verify them.", invoke_without_command=True)

AsJson = Annotated[bool, typer.Option("--json", help="For programs; times in microseconds UTC.")]


@backup.callback()
def take(
    context: typer.Context,
    full: Annotated[bool, typer.Option("--full", help="All of it, not what has changed since the last.")] = False,
    wait: Annotated[float, typer.Option(min=0, help="How many seconds to wait for another who writes them.")] = 900,
) -> None:
    """Take a backup now, while everything runs, and print its path. The first is a full one."""
    if context.invoked_subcommand is None:
        from console.backup.take import take_now  # noqa: PLC0415

        raise typer.Exit(told(lambda: take_now(settings(), wait, full=full)))


@backup.command("list")
def listed(as_json: AsJson = False) -> None:
    """Show what is there and which instants can be restored. Exit code 1 if one is damaged."""
    from console.restore import list_restorable  # noqa: PLC0415

    raise typer.Exit(told(lambda: list_restorable(settings(), as_json=as_json)))


@backup.command()
def verify(as_json: AsJson = False) -> None:
    """Read every backup, full ones to their last row. Exit code 1 if one is not what was backed up."""
    from console.backup.verify import verify_now  # noqa: PLC0415

    raise typer.Exit(told(lambda: verify_now(settings(), as_json=as_json)))
