"""The demo from its start to its verdict."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from time import monotonic

from rich.console import Console
from rich.live import Live

from console.demo.children import Child, first_dead, stop_all
from console.demo.place import demo_place
from console.demo.screen import LiveTable, PlainLines, Screen
from console.demo.stack import (
    demo_environment,
    free_port,
    make_database,
    require_sources,
    start_services,
    start_simulator,
    wait_for,
)
from console.demo.verdict import Counts
from shared.overview import Overview
from shared.stop import Stop, stop_on_signals
from shared.store import Store

_REFRESH_SECONDS = 0.5


def run_demo(directory: Path, seconds: float | None, port: int, *, fresh: bool) -> int:
    """Run the stack until Ctrl-C, SIGTERM, or `seconds` are over; the command's exit code.

    With `seconds` it is 1 unless candles, signals and trades were written meanwhile; a process that dies makes
    it 1 in any case.
    """
    require_sources()
    terminal, begin, stop = Console(), monotonic(), stop_on_signals(signal.SIGHUP)
    deadline = begin + seconds if seconds else float("inf")
    with demo_place(directory, fresh=fresh) as place, _children(terminal) as children:
        simulator_port, console_port = free_port(0), free_port(port)
        environ = demo_environment(os.environ, place, simulator_port, console_port)
        url = f"http://127.0.0.1:{console_port}"
        terminal.print(f"Starting; the page will be at {url}, the logs are in {place / 'logs'}", soft_wrap=True)
        children.append(start_simulator(environ, place, simulator_port))
        make_database(environ, place)
        with Store.open(place / "trading.db") as store:
            before = store.overview()
            wait_for(f"http://127.0.0.1:{simulator_port}/api/v3/ping", children[0])
            children.extend(start_services(environ, place))
            with _screen(terminal, url) as screen:
                dead = _watch(store.overview, children, screen, stop, begin, deadline)
            after = store.overview()
        if dead:
            terminal.print(f"The {dead.name} {dead.state}; the end of {dead.log}:", style="red", soft_wrap=True)
            terminal.print(dead.tail(), markup=False, highlight=False, soft_wrap=True)
    return _verdict(terminal, before, after, monotonic() - begin, dead, must_count=seconds is not None)


def _watch(
    overview: Callable[[], Overview],
    children: Sequence[Child],
    screen: Screen,
    stop: Stop,
    begin: float,
    deadline: float,
) -> Child | None:
    """Show the state until it is time to stop; the child that died, if one did."""
    while not stop.is_asked() and monotonic() < deadline:
        dead = first_dead(children)
        screen.show(overview(), children, monotonic() - begin)
        if dead:
            return dead
        stop.wait(max(0, min(_REFRESH_SECONDS, deadline - monotonic())))
    return None


def _verdict(
    terminal: Console, before: Overview, after: Overview, elapsed: float, dead: Child | None, *, must_count: bool
) -> int:
    written = Counts.of(after).since(Counts.of(before))
    terminal.print(f"In {elapsed:.0f} s this demo wrote {written}.", highlight=False)
    missing = written.missing() if must_count else []
    if missing:
        terminal.print(f"It wrote no {' and no '.join(missing)}.", style="red")
    return 1 if dead or missing else 0


@contextmanager
def _children(terminal: Console) -> Iterator[list[Child]]:
    """A list of processes that are all gone after the `with` block, however it ends."""
    children: list[Child] = []
    try:
        yield children
    finally:
        for name in stop_all(children):
            terminal.print(f"The {name} did not stop when asked and was killed.", style="red")


@contextmanager
def _screen(terminal: Console, url: str) -> Iterator[Screen]:
    with ExitStack() as stack:
        if terminal.is_terminal:
            live = stack.enter_context(Live(console=terminal, auto_refresh=False))
            yield LiveTable(live, url)
        else:
            yield PlainLines(terminal)
