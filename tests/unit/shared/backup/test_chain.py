"""The chain of increments: how far it reaches from a full backup, and what it does not let pass."""

from pathlib import Path

import pytest

from shared.backup.chain import Reach, Shelf, Stored, chained, follow, head, timelines
from shared.backup.manifest import Full, Increment, manifest_digest
from shared.backup.place import full_path, increment_path

HOME = "home"


def full(stamp_us: int, timeline: str = HOME, schema: str = "0005") -> Stored[Full]:
    made = Full(
        stamp_us=stamp_us,
        change_id=0,
        timeline=timeline,
        taken_at_us=stamp_us,
        schema_version=schema,
        bytes=1,
        sha256="",
        raw_bytes=1,
        raw_sha256="",
        digests={},
        chandler="1",
    )
    return Stored(full_path(Path(), stamp_us), made)


def link(after: Stored[Increment] | None, from_us: int, stamp_us: int, **other: str) -> Stored[Increment]:
    last = after.manifest if after else None
    made = Increment(
        **{
            **full(stamp_us).manifest.model_dump(exclude={"kind"}),
            "from_stamp_us": from_us,
            "raw_sha256": str(stamp_us),
            "previous": manifest_digest(last) if last else "",
            "chain": chained(last, from_us, stamp_us, str(stamp_us)),
            **other,
        }
    )
    return Stored(increment_path(Path(), stamp_us), made)


FIRST = link(None, 10, 20)
SECOND = link(FIRST, 20, 30)
THIRD = link(SECOND, 30, 40)
CHAIN = [FIRST, SECOND, THIRD]


def reach(
    increments: list[Stored[Increment]], begin: Stored[Full] | None = None, damaged: Stored[Increment] | None = None
) -> Reach:
    return follow(begin or full(10), increments, lambda each: "it is damaged" if each is damaged else None)


def test_a_full_backup_alone_reaches_its_own_instant() -> None:
    assert reach([]) == Reach(full(10), [], "")
    assert reach([]).until_us == 10


def test_every_link_carries_on_from_the_one_before() -> None:
    assert reach(CHAIN) == Reach(full(10), CHAIN, "")
    assert reach(CHAIN).until_us == 40


def test_a_full_backup_in_the_midst_of_a_link_begins_with_that_link() -> None:
    assert reach(CHAIN, full(25)).links == [SECOND, THIRD]


def test_a_full_backup_at_the_end_of_a_link_begins_with_the_next() -> None:
    assert reach(CHAIN, full(30)).links == [THIRD]


def test_a_missing_link_ends_the_chain_and_is_named() -> None:
    found = reach([FIRST, THIRD])
    assert found.links == [FIRST]
    assert found.ends == f"what leads to {THIRD.path.name} is missing"


def test_a_damaged_link_ends_the_chain() -> None:
    found = reach(CHAIN, damaged=SECOND)
    assert (found.links, found.ends) == ([FIRST], "it is damaged")


def test_an_altered_link_is_noticed_by_the_one_after_it() -> None:
    altered = link(FIRST, 20, 30, chandler="another")
    found = reach([FIRST, altered, THIRD])
    assert found.links == [FIRST, altered]
    assert "was not made after the increment before it" in found.ends


def test_a_link_with_another_content_does_not_belong_to_the_chain() -> None:
    found = reach([FIRST, link(FIRST, 20, 30, raw_sha256="other")])
    assert found.links == [FIRST]
    assert "does not belong to this chain" in found.ends


def test_a_link_of_another_timeline_is_not_followed() -> None:
    assert reach([FIRST, link(FIRST, 20, 30, timeline="away")]).links == [FIRST]


def test_a_new_schema_needs_a_full_backup() -> None:
    upgraded = link(FIRST, 20, 30, schema_version="0006")
    assert reach([FIRST, upgraded]).links == [FIRST]
    assert "a full backup begins it" in reach([FIRST, upgraded]).ends
    assert reach([FIRST, upgraded], full(25, schema="0006")).links == [upgraded]


@pytest.mark.parametrize("order", [[THIRD, SECOND, FIRST], [SECOND, FIRST, THIRD]])
def test_the_order_of_the_files_does_not_matter(order: list[Stored[Increment]]) -> None:
    assert reach(order).links == CHAIN


def test_the_head_is_the_newest_link_of_a_timeline() -> None:
    assert head(CHAIN, HOME) == THIRD.manifest
    assert head(CHAIN, "away") is None


def test_the_newest_timeline_comes_first() -> None:
    assert timelines(Shelf([full(10), full(20, "away"), full(15)], [], [])) == ["away", HOME]
