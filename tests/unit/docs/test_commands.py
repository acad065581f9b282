"""What a page tells the reader to type exists."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
import typer.main

from console.main import app
from tests.unit.docs.pages import PAGES, ROOT, code, name, text

CHANDLER = re.compile(r"(?:^|/|(?<!from)\s)(?:chandler|python -m console)((?: [a-z]+)+)")
MAKE = re.compile(r"(?:^|\s)make ([a-z0-9-]+)")
MODULE = re.compile(r"python[\d.]* -m ([a-z_.]+)")
TARGETS = set(re.findall(r"^([a-z0-9-]+):", text(ROOT / "Makefile"), re.MULTILINE))


def exists(words: list[str]) -> bool:
    """Whether `chandler` has the command that these words begin with."""
    command = typer.main.get_command(app)
    for word in words:
        commands = getattr(command, "commands", None)
        if commands is None:
            return True
        if word not in commands:
            return False
        command = commands[word]
    return True


def test_a_command_that_is_not_there_would_be_noticed() -> None:
    assert exists(["config", "check"])
    assert exists(["status"])
    assert not exists(["moon"])
    assert not exists(["config", "moon"])


@pytest.mark.parametrize("page", [*PAGES, ROOT / "chandler.toml"], ids=name)
def test_every_chandler_command_of_a_page_exists(page: Path) -> None:
    pieces = code(page) if page.suffix == ".md" else text(page).splitlines()
    for piece in pieces:
        for words in CHANDLER.findall(piece):
            assert exists(words.split()), piece


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_make_target_of_a_page_exists(page: Path) -> None:
    assert {target for piece in code(page) for target in MAKE.findall(piece)} <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_module_that_a_page_runs_exists(page: Path) -> None:
    for module in {module for piece in code(page) for module in MODULE.findall(piece)}:
        assert find_spec(module), module
