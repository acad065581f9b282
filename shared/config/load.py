"""Reads the file and the environment, and says everything that is wrong with them at once."""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from shared.config.settings import Settings
from shared.errors import ConfigError

_PREFIX = "CHANDLER_"
_SECRET_WORDS = ("url", "secret", "password", "key", "token")

Tree = dict[str, Any]


def load_settings(environ: Mapping[str, str], default: str = "chandler.toml") -> Settings:
    """The settings from the file that CHANDLER_CONFIG names, overridden by `CHANDLER_SECTION__KEY=value`.

    `CHANDLER_SECTION__KEY_FILE=path` reads the value from a file, as container secrets come. ConfigError lists
    every mistake with its key, its value and what was expected.
    """
    path = Path(environ.get("CHANDLER_CONFIG") or default)
    tree = _merged(_read(path), _overrides(environ))
    try:
        return Settings.model_validate(tree)
    except ValidationError as error:
        mistakes = "\n".join(f"  {_line(detail)}" for detail in error.errors(include_url=False))
        raise ConfigError(f"{path} (with CHANDLER_... from the environment) is wrong:\n{mistakes}") from None


def _read(path: Path) -> Tree:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(
            f"can't read the configuration {path}: {error.strerror}; set CHANDLER_CONFIG or start where it lies"
        ) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not TOML: {error}") from None


def _overrides(environ: Mapping[str, str]) -> Tree:
    """`CHANDLER_A__B=x` -> {"a": {"b": "x"}}. Names without `__` are not settings."""
    tree: Tree = {}
    for name, value in environ.items():
        if not name.startswith(_PREFIX) or "__" not in name:
            continue
        keys = name.removeprefix(_PREFIX).lower().split("__")
        if keys[-1].endswith("_file"):
            keys[-1] = keys[-1].removesuffix("_file")
            value = _secret(name, Path(value))  # noqa: PLW2901
        branch = tree
        for key in keys[:-1]:
            branch = branch.setdefault(key, {})
        branch[keys[-1]] = value
    return tree


def _secret(name: str, path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigError(f"{name} names {path}, which can't be read: {error.strerror}") from None


def _merged(below: Tree, above: Tree) -> Tree:
    merged = dict(below)
    for key, value in above.items():
        held = merged.get(key)
        merged[key] = _merged(held, value) if isinstance(held, dict) and isinstance(value, dict) else value
    return merged


def _line(detail: ErrorDetails) -> str:
    key = ".".join(str(part) for part in detail["loc"]) or "the file as a whole"
    message = detail["msg"].removeprefix("Value error, ")
    if detail["type"] == "missing":
        return f"{key} is missing"
    if detail["type"] == "extra_forbidden":
        return f"{key} is not a known key"
    if not detail["loc"]:
        return message
    shown = "****" if any(word in key.lower() for word in _SECRET_WORDS) else repr(detail["input"])
    return f"{key} = {shown}: {message}"
