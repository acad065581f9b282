"""`chandler bench ...`."""

from pathlib import Path
from typing import Annotated

import typer

from console.edge import settings, told

bench = typer.Typer(help="Measure on this machine, in a scratch copy.", no_args_is_help=True)


@bench.command()
def store(
    scale: Annotated[
        float, typer.Option(min=0.01, max=1, help="Of ten million balances, a million trades, 100,000 updates.")
    ] = 1.0,
    directory: Annotated[
        Path | None, typer.Option("--dir", help="Where the scratch copy lies for a while; by default beside the data.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Fail if a goal is missed.")] = False,
) -> None:
    """Measure the store, each figure beside its goal.

    Readers, eight writers beside a backfill, batches, a backup and what is restored from it. The real database is
    neither read nor written, but the disk is busy meanwhile: 6 GB of it for some minutes; `--scale 0.1` needs a tenth.
    """
    from console.bench.show import show_store  # noqa: PLC0415

    def run() -> int:
        return show_store(directory or settings().paths.data, scale, as_json=as_json, strict=strict)

    raise typer.Exit(told(run))
