"""Being told to stop."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from shared.stop import Stop

ROOT = Path(__file__).parents[3]
LOOP = """
from shared.stop import stop_on_signals
stop = stop_on_signals()
print("ready", flush=True)
while not stop.wait({seconds}):
    pass
"""


def test_a_wait_ends_by_itself() -> None:
    assert Stop().wait(0) is False


def test_once_asked_no_wait_lasts() -> None:
    stop = Stop()
    stop.ask()
    begin = time.monotonic()
    assert stop.wait(60) is True
    assert stop.wait(60) is True
    assert time.monotonic() - begin < 30


def test_a_loop_that_waits_all_the_time_always_hears_the_signal() -> None:
    for seconds in ("0", "0.001", "60"):
        for number in (signal.SIGTERM, signal.SIGINT):
            command = [sys.executable, "-c", LOOP.format(seconds=seconds)]
            with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
                assert process.stdout is not None
                process.stdout.readline()
                os.kill(process.pid, number)
                try:
                    assert process.wait(30) == 0
                finally:
                    process.kill()
