"""One stack of containers for all end-to-end tests; its logs are printed with the first test that fails."""

import os
import socket
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from tests.e2e.compose import Stack, missing


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The demo's services with the drill's configuration and three traders, built from this tree."""
    if why := missing():
        if os.environ.get("CI"):
            pytest.fail(f"the container drill can't run: {why}")
        pytest.skip(why)
    backups = tmp_path_factory.mktemp("backups")
    stack = Stack(f"chandler-drill-{os.getpid()}", "tests/e2e/drill.toml", backups, _free_port())
    try:
        stack.compose("build", seconds=900)
        stack.up(traders=3)
        yield stack
    except Exception:
        print(_logs(stack))
        raise
    finally:
        _clear(stack)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Generator[None, Any, Any]:
    """Add the containers' states and logs to a failed test's report."""
    report = yield
    stack = getattr(item, "funcargs", {}).get("stack")
    if call.when == "call" and report.failed and stack:
        report.sections.append(("containers", _logs(stack)))
    return report


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _logs(stack: Stack) -> str:
    return stack.compose("ps") + stack.compose("logs", "--no-color", "--tail", "80")


def _clear(stack: Stack) -> None:
    """Remove everything the stack made, also what the services' uid wrote into the backup directory."""
    stack.compose("run", "--rm", "--no-deps", "keeper", "sh", "-c", "rm -rf /backups/*")
    stack.compose("down", "--volumes", "--remove-orphans", "--timeout", "20")
