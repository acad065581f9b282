"""The `chandler` command that `make setup` puts into the environment."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_command_works_from_any_directory_whatever_lies_there(tmp_path: Path) -> None:
    bin_directory, elsewhere = tmp_path / "venv" / "bin", tmp_path / "elsewhere"
    for directory in (bin_directory, elsewhere / "console"):
        directory.mkdir(parents=True)
    (elsewhere / "console" / "__init__.py").write_text("raise SystemExit('a stranger of the same name')")
    (bin_directory / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (bin_directory / "python").chmod(0o755)
    (tmp_path / "venv" / ".ready").touch()
    subprocess.run(["make", "setup", f"VENV={tmp_path}/venv"], cwd=ROOT, check=True, capture_output=True)
    command, environ = bin_directory / "chandler", {"PATH": os.environ["PATH"]}
    done = subprocess.run([command, "--help"], cwd=elsewhere, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Usage: chandler [OPTIONS] COMMAND")
