"""What the demo runs: the services, their environment and where they listen."""

import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from time import monotonic
from urllib.request import urlopen

from console.demo.children import Child, start
from shared.errors import StopError

SOURCES = Path(__file__).parents[2]
_LOOPBACK = "127.0.0.1"
_SEED = "7"

#: Started once the simulator answers and the database is there; name -> command.
SERVICES = {
    "backfiller": ("-m", "backfiller"),
    "trader-1": ("-m", "trader"),
    "trader-2": ("-m", "trader"),
    "keeper": ("-m", "keeper"),
    "console": ("-m", "console", "serve"),
}


def demo_environment(base: Mapping[str, str], place: Path, simulator_port: int, console_port: int) -> dict[str, str]:
    """The environment of every service: nothing of the caller's own Chandler, so that no real database is touched."""
    clean = {name: value for name, value in base.items() if not name.startswith("CHANDLER_") and name != "STRATEGY_ID"}
    return clean | {
        "CHANDLER_CONFIG": str(SOURCES / "demo.toml"),
        "CHANDLER_EXCHANGES__BINANCE__URL": f"http://{_LOOPBACK}:{simulator_port}",
        "CHANDLER_CONSOLE__PORT": str(console_port),
        "CHANDLER_PATHS__DATA": str(place),
        "CHANDLER_PATHS__JOURNAL": str(place / "journal"),
        **{f"CHANDLER_PATHS__{name.upper()}": str(place / name) for name in ("backups", "archive", "logs", "cache")},
        "PYTHONUNBUFFERED": "1",
    }


def require_sources() -> None:
    """StopError where only the packages are installed: the demo's configuration and schema.py are not among them."""
    if not (SOURCES / "demo.toml").exists():
        raise StopError("the demo runs from a clone of Chandler's repository: `make demo` there")


def start_simulator(environ: Mapping[str, str], place: Path, port: int) -> Child:
    """The exchange; the seed makes every demo's market the same at the same time."""
    return _start("simulator", ("-m", "simulator", "--port", str(port), "--seed", _SEED), environ, place)


def make_database(environ: Mapping[str, str], place: Path) -> None:
    """Run schema.py to its end; StopError with its words if it fails."""
    command = (sys.executable, "schema.py")
    done = subprocess.run(  # noqa: S603 - our own command
        command,
        env=dict(environ),
        cwd=SOURCES,
        timeout=120,  # it waits a minute for a locked database by itself
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )
    (place / "logs" / "schema.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    if done.returncode:
        raise StopError(f"the demo's database can't be made: {done.stderr.strip() or done.stdout.strip()}")


def start_services(environ: Mapping[str, str], place: Path) -> Iterator[Child]:
    """Everything but the simulator, each handed over as it starts."""
    for name, command in SERVICES.items():
        yield _start(name, command, environ, place)


def wait_for(url: str, child: Child, seconds: float = 20) -> None:
    """Until it answers; StopError if it dies first or takes too long."""
    deadline = monotonic() + seconds
    while monotonic() < deadline:
        if child.process.poll() is not None:
            raise StopError(f"the {child.name} {child.state}:\n{child.tail()}")
        try:
            with urlopen(url, timeout=1):  # noqa: S310 - our own loopback address
                return
        except OSError:
            _pause(child)
    raise StopError(f"the {child.name} does not answer at {url} after {seconds:g} s:\n{child.tail()}")


def _pause(child: Child) -> None:
    """Until the child ends, but not for long."""
    with suppress(subprocess.TimeoutExpired):
        child.process.wait(0.05)


def free_port(wanted: int) -> int:
    """The wanted port, or any free one if it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((_LOOPBACK, port))
            except OSError:
                continue
            found: int = probe.getsockname()[1]
            return found
    raise StopError(f"no free port on {_LOOPBACK}")


def _start(name: str, arguments: tuple[str, ...], environ: Mapping[str, str], place: Path) -> Child:
    health = {"CHANDLER_HEALTH_FILE": str(place / f".health-{name}.json")}
    command = (sys.executable, *arguments)
    return start(name, command, {**environ, **health}, SOURCES, place / "logs" / f"{name}.log")
