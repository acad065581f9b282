"""docs/configuration.md names every key with its default, and none that does not exist."""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic.fields import FieldInfo

from shared.config.settings import ExchangeSettings, Section, SeriesSettings, Settings, StrategySettings
from tests.unit.docs.pages import PAGES, ROOT, code, name, text

PAGE = ROOT / "docs/configuration.md"
REPEATED = {"exchanges.NAME": ExchangeSettings, "series": SeriesSettings, "strategies": StrategySettings}
ROW = re.compile(r"^\| `([a-z]+(?:\.NAME)?\.[a-z_]+)` \| (?:`(.*?)`|(required)) \|", re.MULTILINE)
VARIABLE = re.compile(r"\bCHANDLER_((?:[A-Z]+_)*?[A-Z]+__[A-Z_]+[A-Z])\b")


def defaults() -> dict[str, str]:
    """Every key of the settings with its default as the page writes it."""
    sections = {field: kind.annotation for field, kind in Settings.model_fields.items()}
    plain = {field: kind for field, kind in sections.items() if isinstance(kind, type) and issubclass(kind, Section)}
    return dict(_keys({**plain, **REPEATED}))


def _keys(sections: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for section, kind in sections.items():
        for key, field in kind.model_fields.items():
            yield f"{section}.{key}", _written(field)


def _written(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    match value:
        case None:
            return "-"
        case bool():
            return str(value).lower()
        case Section():
            return "{}"
        case int() | float() | Decimal():
            return f"{value:g}" if value < 1 else str(value)
        case str() | Path() | dict():
            return str(value)
    raise AssertionError(f"say how a default like {value!r} is written")


def documented() -> dict[str, str]:
    return {key: default or required for key, default, required in ROW.findall(text(PAGE))}


def test_every_key_of_the_settings_is_documented_and_no_other() -> None:
    assert sorted(documented()) == sorted(defaults())


def test_every_documented_default_is_the_real_one() -> None:
    assert documented() == defaults()


def test_every_section_of_the_settings_is_looked_at() -> None:
    assert {key.split(".")[0] for key in defaults()} == set(Settings.model_fields)


# A decision may show a mistake on purpose.
@pytest.mark.parametrize("page", [page for page in PAGES if page.parent.name != "decisions"], ids=name)
def test_a_variable_that_a_page_shows_sets_a_key_that_exists(page: Path) -> None:
    named = {found for piece in code(page) for found in VARIABLE.findall(piece)} - {"SECTION__KEY", "SECTION__KEY_FILE"}
    lowered = {found.lower().removesuffix("_file") for found in named}
    keys = {re.sub(r"^exchanges__[a-z0-9]+__", "exchanges__NAME__", found) for found in lowered}
    assert keys <= {key.replace(".", "__") for key in defaults()}
