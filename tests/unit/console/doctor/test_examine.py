"""Checks one after the other: what one of them meets never keeps the others from looking."""

from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import cast

import pytest
from sqlalchemy import Connection

from console.doctor.examine import examine
from console.doctor.finding import Check, Finding, Need, Subject, failure, ok
from console.doctor.show import verdict
from shared.config import Settings
from shared.errors import RetryError

SETTINGS = Settings.model_validate({"exchanges": {"binance": {}}})


def subject(file: Path | None) -> Subject:
    return Subject(SETTINGS, file, lambda: nullcontext(cast("Connection", None)))


def fine(_: Subject) -> Iterator[Finding]:
    yield ok("it is well")


def broken(_: Subject) -> Iterator[Finding]:
    yield ok("half of it is well")
    raise ZeroDivisionError("the other half")


def locked(_: Subject) -> Iterator[Finding]:
    yield from ()
    raise RetryError("the file is locked: end the other program")


def old(_: Subject) -> Iterator[Finding]:
    yield failure("it is of another version", "upgrade")


def test_a_check_that_breaks_is_a_failure_and_the_next_looks_nevertheless() -> None:
    found = [line.finding for line in examine(subject(None), [Check("one", broken), Check("two", fine)])]
    assert [each.verdict for each in found] == ["ok", "failure", "ok"]
    assert found[1].told == "could not be looked at: ZeroDivisionError: the other half"


def test_what_a_message_says_is_parted_into_what_is_so_and_what_to_do() -> None:
    (line,) = examine(subject(None), [Check("lock", locked)])
    assert line == ("lock", failure("the file is locked", "end the other program"))


@pytest.mark.parametrize(
    ("need", "why"),
    [
        ("library", "the server's own tools look after that"),
        ("file", "the server's own tools look after that"),
        ("keeper", "the server's own tools look after that"),
        ("schema", "it is well"),
        ("", "it is well"),
    ],
)
def test_on_a_server_what_is_of_files_is_skipped(need: Need, why: str) -> None:
    (line,) = examine(subject(None), [Check("it", fine, need)])
    assert line.finding.told == why


@pytest.mark.parametrize(
    ("need", "why"),
    [
        ("library", "it is well"),
        ("file", "there is no database"),
        ("schema", "there is no database"),
        ("keeper", "there is no database"),
        ("", "it is well"),
    ],
)
def test_without_a_database_what_needs_one_is_skipped(need: Need, why: str, tmp_path: Path) -> None:
    (line,) = examine(subject(tmp_path / "nowhere.db"), [Check("it", fine, need)])
    assert line.finding.told == why


def test_after_a_schema_that_is_not_ours_what_reads_its_tables_is_skipped() -> None:
    found = examine(subject(None), [Check("schema", old), Check("books", fine, "schema"), Check("disk", fine)])
    assert [line.finding.verdict for line in found] == ["failure", "skipped", "ok"]


@pytest.mark.parametrize(
    ("counts", "worst"),
    [
        ({"ok": 3}, "ok"),
        ({"ok": 1, "skipped": 2}, "ok"),
        ({"warning": 1}, "warning"),
        ({"warning": 1, "failure": 1}, "failure"),
    ],
)
def test_the_verdict_is_the_worst_that_was_found(counts: dict[str, int], worst: str) -> None:
    assert verdict(counts) == worst
