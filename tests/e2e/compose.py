"""The drill's hands: one Compose project on a real engine, spoken to through the command line."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

Answer = TypeVar("Answer")
ROOT = Path(__file__).parents[2]


class CommandError(AssertionError):
    """A command of the engine failed; the message carries what it printed."""


def run(
    *command: str, env: dict[str, str] | None = None, stdin: str = "", seconds: float = 120, errors: bool = False
) -> str:
    """Its standard output, with `errors` its standard error too. CommandError with both if it exits non-zero."""
    done = subprocess.run(
        command, cwd=ROOT, env=env, input=stdin, capture_output=True, text=True, timeout=seconds, check=False
    )
    if done.returncode:
        raise CommandError(f"{' '.join(command)} exited {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout + (done.stderr if errors else "")


def compose_command() -> list[str]:
    """Compose of the first generation, else of the second; empty if there is none."""
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    asked = subprocess.run(["docker", "compose", "version"], capture_output=True, check=False)
    return [] if asked.returncode else ["docker", "compose"]


def missing() -> str | None:
    """What keeps containers from running here, or None."""
    if not shutil.which("docker"):
        return "there is no docker command"
    if not compose_command():
        return "there is neither docker-compose nor docker compose"
    asked = subprocess.run(["docker", "info"], capture_output=True, text=True, check=False)
    return f"no Docker engine answers: {asked.stderr.strip()}" if asked.returncode else None


def wait_until(what: str, look: Callable[[], Answer | None], seconds: float, every: float = 0.5) -> Answer:
    """The first true answer of `look`; AssertionError with `what` and the last answer after `seconds`."""
    deadline = time.monotonic() + seconds
    while not (answer := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}; the last look gave {answer!r}")
        time.sleep(every)
    return answer


@dataclass(frozen=True)
class Stack:
    """One project's services. `config` is a path below the repository; `backups` a directory of this host."""

    project: str
    config: str
    backups: Path
    port: int

    def compose(self, *arguments: str, seconds: float = 120) -> str:
        """Run Compose in the demo's settings with this project's own on top."""
        own = {
            "COMPOSE_PROJECT_NAME": self.project,
            "CHANDLER_CONFIG": self.config,
            "CHANDLER_BACKUPS": str(self.backups),
            "CHANDLER_REPLICA": str(self.backups.with_name("replica")),
            "CHANDLER_CONSOLE_PORT": str(self.port),
        }
        command = [*compose_command(), "--env-file", "demo.env", *arguments]
        return run(*command, env=os.environ | own, seconds=seconds)

    def up(self, traders: int) -> None:
        """Start what is not running, with so many traders."""
        self.compose("up", "-d", "--scale", f"trader={traders}", seconds=180)

    def containers(self, service: str | None = None, *, stopped: bool = False) -> list[str]:
        """Ids of the service's running containers, or of all services'; with the stopped ones on request."""
        labels = [f"label=com.docker.compose.project={self.project}"]
        labels += [f"label=com.docker.compose.service={service}"] if service else []
        filters = [word for label in labels for word in ("--filter", label)]
        return run("docker", "ps", "--quiet", "--no-trunc", *(["--all"] if stopped else []), *filters).split()

    def inspect(self, container: str, template: str) -> str:
        """What the engine knows about a container, by a Go template."""
        return run("docker", "inspect", "--format", template, container).strip()

    def health(self, service: str) -> list[str]:
        """`healthy`, `unhealthy` or `starting` for each of the service's running containers."""
        return [self.inspect(container, "{{.State.Health.Status}}") for container in self.containers(service)]

    def python(self, service: str, script: Path, *arguments: str) -> str:
        """What a script prints when the service's first container runs it, beside the service."""
        command = ("docker", "exec", "-i", self.containers(service)[0], "python", "-", *arguments)
        return run(*command, stdin=script.read_text(encoding="utf-8"))

    @contextmanager
    def paused(self, container: str) -> Iterator[None]:
        """Inside the block the container's processes stand still."""
        run("docker", "pause", container)
        try:
            yield
        finally:
            run("docker", "unpause", container)
