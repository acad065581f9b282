"""A PostgreSQL server of the tests' own, in a directory that goes with it; spoken to through a socket there."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from schema import migrate

#: Debian keeps the server's programs out of PATH, one directory for each version.
_DEBIAN = Path("/usr/lib/postgresql")
_OWNER = "chandler"
_names = (f"test_{number}" for number in count())


def programs() -> Path | None:
    """The directory with initdb and postgres, of the newest version that is installed; None without any."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    versions = sorted(_DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return versions[-1].parent if versions else None


@dataclass(frozen=True)
class Server:
    """A running server; `migrated` is a database that is only copied."""

    directory: Path
    programs: Path

    def url(self, name: str) -> str:
        """As a user would write it into the configuration."""
        return f"postgresql://{_OWNER}@/{name}?host={self.directory}"

    def create(self, template: str) -> str:
        """A fresh database, a copy of another one; its name."""
        name = next(_names)
        self.run(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self.run(f"DROP DATABASE {name} WITH (FORCE)")

    def run(self, statement: str) -> None:
        """A statement about databases."""
        where = f"host={self.directory} user={_OWNER} dbname=postgres"
        with psycopg.connect(where, autocommit=True) as connection:
            connection.execute(statement.encode())

    def dump(self, name: str) -> str:
        """The SQL that would make the database's tables again."""
        where = ["--host", str(self.directory), "--username", _OWNER, name]
        command = [str(self.programs / "pg_dump"), "--schema-only", *where]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@contextmanager
def running(programs: Path) -> Iterator[Server]:
    """A server with an empty database `template0` and a migrated one; it forgets everything at the end."""
    directory = Path(tempfile.mkdtemp(prefix="postgresql-"))  # short: a socket's path has 107 characters at most
    try:
        if os.getuid() == 0:
            shutil.chown(directory, "postgres", "postgres")
        data = str(directory / "data")
        _ask(str(programs / "initdb"), "--no-sync", "--auth", "trust", "--username", _OWNER, data)
        # What a crash of the machine would lose is nothing here.
        options = f"-c listen_addresses= -c unix_socket_directories={directory} -c fsync=off"
        control = [str(programs / "pg_ctl"), "--silent", "--wait", "--pgdata", data]
        _ask(*control, "--options", options, "--log", str(directory / "log"), "start")
        try:
            server = Server(directory, programs)
            server.run("CREATE DATABASE migrated")
            migrate(server.url("migrated"), directory)
            yield server
        finally:
            _ask(*control, "--mode", "immediate", "stop")
    finally:
        shutil.rmtree(directory)


def _ask(*command: str) -> None:
    """Run one of the server's programs, which refuse to be run by root."""
    other: dict[str, Any] = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.getuid() == 0 else {}
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL  # a server that stays would keep a pipe for its output open
    done = subprocess.run(command, cwd="/", stdout=nowhere, stderr=pipe, text=True, check=False, **other)
    assert done.returncode == 0, f"{command[0]} exited {done.returncode}: {done.stderr}"
