"""The documentation as text: its pages, and the code in them."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[3]
_OUTSIDE = ("README.md", "CONTRIBUTING.md", "data/README.md", "strategies/README.md")
PAGES = [*(ROOT / path for path in _OUTSIDE), *sorted((ROOT / "docs").rglob("*.md"))]


_FENCED = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INDENTED = re.compile(r"^ {4}(.+)$", re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")


def name(page: Path) -> str:
    """The page as it is called in a test's id."""
    return str(page.relative_to(ROOT))


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def blocks(page: Path, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return [body for kind, body in _FENCED.findall(text(page)) if kind == language]


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return _FENCED.sub("", text(page))


def code(page: Path) -> list[str]:
    """Every piece of code: lines of fenced and of indented blocks, and spans."""
    fenced = [line for _, body in _FENCED.findall(text(page)) for line in body.splitlines()]
    return fenced + _INDENTED.findall(prose(page)) + _SPAN.findall(prose(page))
