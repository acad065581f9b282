"""Litestream itself, as the profile `replicate` runs it, on a database of a test's own."""

import os
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from shared.backup.digest import digests
from shared.backup.manifest import Digest
from shared.database.sqlite import library
from tests.integration.shared.conftest import ROOT

LITESTREAM = Path(sys.executable).with_name("litestream")
CONFIG = ROOT / "litestream.yml"


class Replica:
    """A directory, and the process that fills it. Restoring is done by the project's configuration as well."""

    def __init__(self, database: Path, directory: Path, **environ: str) -> None:
        self.database = database
        self._more = environ
        self.directory = directory
        self.log = directory.with_suffix(".log")
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def environ(self) -> dict[str, str]:
        """What the configuration file asks for; nothing of this machine's cloud."""
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LITESTREAM_"))}
        ours = {"CHANDLER_PATHS__DATA": str(self.database.parent), "CHANDLER_REPLICA_URL": f"file://{self.directory}"}
        return clean | ours | self._more

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command of Litestream's, with what it printed."""
        return subprocess.run(
            [LITESTREAM, *words], env=self.environ, capture_output=True, text=True, timeout=60, check=False
        )

    def start(self) -> None:
        """Replicate from now on."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [LITESTREAM, "replicate", "-config", CONFIG], env=self.environ, stdout=log, stderr=log
            )

    def kill(self) -> None:
        """As a crash would, if it runs."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def is_caught_up(self, seconds: int = 30) -> bool:
        """Have all that is committed now in the copy, as the service's health check does; False if it is not then."""
        socket = str(self.database.with_name("litestream.sock"))
        wait = ("-wait", "-timeout", str(seconds))
        return self.command("sync", *wait, "-socket", socket, str(self.database)).returncode == 0

    def restored(self, target: Path) -> dict[str, Digest]:
        """The digests of the newest state of the copy, restored to a file."""
        for old in target.parent.glob(f"{target.name}*"):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        done = self.command("restore", "-config", str(CONFIG), "-o", str(target), str(self.database))
        assert done.returncode == 0, done.stderr + self.log.read_text()
        return state(target)


def state(file: Path) -> dict[str, Digest]:
    """The digests of every table, the live marks and Litestream's own included."""
    with closing(library().connect(file)) as connection:
        return digests(connection)
