"""Reads the file and the environment, and says everything that is wrong with them at once."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.config.settings import Settings, contradictions
from shared.errors import ConfigError

_PREFIX = "CHANDLER_"
_NOT_A_SECTION = ("model_type", "model_attributes_type", "dict_type")
_SECRET_WORDS = ("url", "secret", "password", "key", "token")

Tree = dict[str, Any]


def load_settings(environ: Mapping[str, str], default: str = "chandler.toml") -> Settings:
    """The settings from the file that CHANDLER_CONFIG names, overridden by `CHANDLER_SECTION__KEY=value`.

    `CHANDLER_SECTION__KEY_FILE=path` reads the value from a file, as container secrets come. ConfigError lists
    every mistake with its key, its value and what was expected.
    """
    path = Path(environ.get("CHANDLER_CONFIG") or default)
    mistakes: list[str] = []
    tree = _merged(_read(path), _overrides(environ, mistakes))
    try:
        settings = Settings.model_validate(tree)
    except ValidationError as error:
        mistakes += _mistakes(error, tree)
    else:
        if not mistakes:
            return settings
    listed = "".join(f"\n  {mistake}" for mistake in mistakes)
    raise ConfigError(f"{path} (with CHANDLER_... from the environment) is wrong:{listed}")


def _read(path: Path) -> Tree:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"can't read the configuration {path}: {error.strerror}; set CHANDLER_CONFIG or start where it lies"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from None


def _overrides(environ: Mapping[str, str], mistakes: list[str]) -> Tree:
    """`CHANDLER_A__B=x` -> {"a": {"b": "x"}}. Names without `__` are not settings. Adds to `mistakes`."""
    tree: Tree = {}
    for name in sorted(name for name in environ if name.startswith(_PREFIX) and "__" in name):
        *sections, key = name.removeprefix(_PREFIX).lower().split("__")
        branch: Any = tree
        for section in sections:
            branch = branch.setdefault(section, {}) if isinstance(branch, dict) else None
        value = environ[name]
        if key.endswith("_file"):
            key = key.removesuffix("_file")
            value = _content(name, Path(value), mistakes)
        if not isinstance(branch, dict) or key in branch:
            mistakes.append(f"{name} sets what another CHANDLER_... variable sets already: keep one of them")
        else:
            branch[key] = value
    return tree


def _content(name: str, path: Path, mistakes: list[str]) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        mistakes.append(f"{name} names {path}, which can't be read: {reason}")
        return ""


def _merged(below: Tree, above: Tree) -> Tree:
    merged = dict(below)
    for key, value in above.items():
        held = merged.get(key)
        merged[key] = _merged(held, value) if isinstance(held, dict) and isinstance(value, dict) else value
    return merged


def _mistakes(error: ValidationError, tree: Tree) -> list[str]:
    """What is wrong with each key, then where sections contradict each other: pydantic stops before the latter."""
    details = error.errors(include_url=False)
    lines = [_line(detail) for detail in details]
    if not all(detail["loc"] for detail in details):
        return lines
    series = _entries(tree, "series", "exchange", "symbol", "timeframe")
    strategies = _entries(tree, "strategies", "id", "exchange")
    exchanges = tree.get("exchanges")
    known = exchanges if isinstance(exchanges, dict) else {}
    return lines + contradictions(known, series, strategies)


def _entries(tree: Tree, section: str, *keys: str) -> list[Any]:
    """The named values of each entry that has them all as text."""
    entries = tree.get(section)
    tables = [entry for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    rows = [tuple(table.get(key) for key in keys) for table in tables]
    return [row for row in rows if all(isinstance(value, str) for value in row)]


def _line(detail: ErrorDetails) -> str:
    key = ".".join(str(part) for part in detail["loc"])
    message = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "missing":
        return f"{key} is missing"
    if detail["type"] == "extra_forbidden":
        return f"{key} is not a known key"
    if not detail["loc"]:
        return message
    if detail["type"] in _NOT_A_SECTION:
        return f"{key} must be a section with keys of its own, not one value"
    if isinstance(detail["input"], dict | list):
        return f"{key}: {message}"
    shown = "****" if any(word in key.lower() for word in _SECRET_WORDS) else repr(detail["input"])
    return f"{key} = {shown}: {message}"
