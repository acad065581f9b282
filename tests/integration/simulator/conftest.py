"""Real simulators in processes of their own, and unmodified ccxt clients whose addresses are changed."""

import asyncio
import json
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import ccxt
import pytest

DEADLINE_S = 20.0


@dataclass(frozen=True)
class Simulator:
    """One running process and its address."""

    url: str
    process: "subprocess.Popen[bytes]"
    log: Path

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Any:
        """One plain request; the JSON of the answer, whatever its status."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, method=method)  # noqa: S310  loopback
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  loopback
                return json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            with refused:
                return json.loads(refused.read())

    def get(self, path: str) -> Any:
        return self.ask("GET", path)

    def fault(self, **given: Any) -> None:
        assert self.ask("POST", "/control/faults", given) == {"added": given["kind"]}

    def clear(self) -> None:
        self.ask("DELETE", "/control/faults")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(DEADLINE_S)


Start = Callable[..., Simulator]


@pytest.fixture(scope="session")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts `python -m simulator` on a free port; all are stopped at the end."""
    started: list[Simulator] = []

    def run(*options: str) -> Simulator:
        log = tmp_path_factory.mktemp("simulator") / "log"
        command = [sys.executable, "-m", "simulator", "--port", "0", *options]
        with log.open("wb") as file:
            process = subprocess.Popen(command, stdout=file, stderr=file)
        deadline = time.monotonic() + DEADLINE_S
        while not (found := re.search(r"http://\S+", log.read_text())):
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, "the simulator does not listen"
            time.sleep(0.02)
        started.append(Simulator(found[0], process, log))
        return started[-1]

    yield run
    for one in started:
        if one.process.poll() is None:
            one.stop()


@pytest.fixture(scope="module")
def shared(start: Start) -> Simulator:
    """One simulator for all tests of a module."""
    return start("--weight-limit", "0", "--balance", "USDT=100000", "--balance", "BTC=1")


@pytest.fixture
def simulator(shared: Simulator) -> Iterator[Simulator]:
    """The module's simulator, left without faults."""
    yield shared
    shared.clear()


def repointed(client: Any, url: str) -> Any:
    """The same client with scheme and host of every address replaced, and nothing else."""

    def moved(part: Any) -> Any:
        if isinstance(part, dict):
            return {name: moved(inner) for name, inner in part.items()}
        there = urlsplit(part)
        scheme = "ws" if there.scheme.startswith("ws") else "http"
        return there._replace(scheme=scheme, netloc=urlsplit(url).netloc).geturl()

    client.urls["api"] = moved(client.urls["api"])
    return client


@pytest.fixture(scope="session")
def settings() -> dict[str, Any]:
    """What a user would set: keys, no limiter (these are tests), spot markets only."""
    return {
        "apiKey": "demo-key",
        "secret": "demo-secret",
        "enableRateLimit": False,
        "options": {"fetchMarkets": {"types": ["spot"]}, "fetchCurrencies": False},
    }


@pytest.fixture
def connect(settings: dict[str, Any]) -> Iterator[Callable[..., Any]]:
    """Makes a synchronous ccxt client of a simulator; closed at the end."""
    made: list[Any] = []

    def client_of(simulator: Simulator, **changes: Any) -> Any:
        made.append(repointed(ccxt.binance({**settings, **changes}), simulator.url))
        return made[-1]

    yield client_of
    for client in made:
        client.session.close()


@pytest.fixture
def client(connect: Callable[..., Any], simulator: Simulator) -> Any:
    """A ccxt client that has loaded the markets."""
    made = connect(simulator)
    made.load_markets()
    return made


@pytest.fixture(scope="session")
def repoint() -> Callable[[Any, str], Any]:
    return repointed


@pytest.fixture(scope="session")
def asking() -> Callable[..., Any]:
    """Asks a simulator through an unmodified asynchronous ccxt (or ccxt.pro) client, and gives what came of it."""

    def run(simulator: Simulator, kind: Any, ask: Callable[[Any], Awaitable[Any]]) -> Any:
        async def asked() -> Any:
            client = repointed(kind({"enableRateLimit": False}), simulator.url)
            try:
                return await asyncio.wait_for(ask(client), 60)
            finally:
                await client.close()

        return asyncio.run(asked())

    return run


@pytest.fixture(scope="session")
def eventually() -> Callable[[Callable[[], Any]], Any]:
    """Polls until a question has a truthy answer, and gives it."""

    def wait(question: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + DEADLINE_S
        while not (answer := question()):
            assert time.monotonic() < deadline, "it did not happen in time"
            time.sleep(0.05)
        return answer

    return wait
