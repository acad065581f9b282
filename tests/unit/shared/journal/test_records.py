"""The journal's bytes: whatever happens to them, what is read was written."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from shared.journal.records import HEADER_BYTES, Entry, contents, generation, header, record
from shared.market import Candle, Closed, Interval, Series, Ticker

BTC = Series("binance", "BTC/USDT", "1s")


def closed(number: int) -> Closed:
    start = 1_700_000_000_000 + number * 1_000
    return Closed(BTC, Interval(start, start + 1_000), [Candle(start, 0.1, 0.30000000000000004, 0.1, 0.2, 1e-8)])


def ticker(number: int) -> Ticker:
    price = Decimal("12345.678901234567890123")
    return Ticker("kraken", "ETH/EUR", number, price, price + 1, price, 1_700_000_000_000_000)


ENTRIES: list[Entry] = [closed(1), ticker(2), closed(3), Closed(BTC, Interval(0, 1_000), []), ticker(4)]


def journal(entries: list[Entry], number: int = 7) -> bytes:
    return header(number) + b"".join(record(entry, number, at) for at, entry in enumerate(entries))


def test_entries_come_back_to_the_bit() -> None:
    held = contents(journal(ENTRIES) + bytes(1_000), 7)
    assert held.entries == ENTRIES
    assert held.end == len(journal(ENTRIES))
    assert held.sequence == len(ENTRIES)
    assert held.damaged == 0


ENDS = [len(journal(ENTRIES[:count])) for count in range(len(ENTRIES) + 1)]
PLACES = range(HEADER_BYTES, ENDS[-1])


def whole_before(place: int) -> int:
    """How many records end at or before a place."""
    return max(count for count, end in enumerate(ENDS) if end <= place)


def test_a_journal_cut_off_anywhere_gives_the_records_before_the_cut() -> None:
    for place in PLACES:
        whole = whole_before(place)
        for torn in (journal(ENTRIES)[:place], journal(ENTRIES)[:place] + bytes(500)):
            if not torn.startswith(journal(ENTRIES)):  # a last byte of zero is not missed
                assert contents(torn, 7)[:3] == (ENTRIES[:whole], ENDS[whole], whole)


def test_a_byte_that_was_changed_costs_only_the_record_it_is_in() -> None:
    for place in PLACES:
        damaged = bytearray(journal(ENTRIES))
        damaged[place] ^= 0x41
        hit = whole_before(place)
        assert contents(bytes(damaged), 7).entries == [*ENTRIES[:hit], *ENTRIES[hit + 1 :]]


@given(st.binary(max_size=300), st.integers(0, len(journal(ENTRIES)) - HEADER_BYTES))
def test_rubbish_anywhere_never_becomes_an_entry(rubbish: bytes, place: int) -> None:
    whole = journal(ENTRIES)
    data = whole[: HEADER_BYTES + place] + rubbish + whole[HEADER_BYTES + place :]
    found = contents(data, 7).entries
    assert [entry for entry in found if entry not in ENTRIES] == []
    assert len(found) >= len(ENTRIES) - 1


def test_records_of_an_earlier_generation_are_none() -> None:
    assert contents(header(8) + journal(ENTRIES)[HEADER_BYTES:], 8).entries == []


def test_the_header_survives_any_one_byte() -> None:
    for place in range(HEADER_BYTES):
        damaged = bytearray(header(7))
        damaged[place] ^= 0xFF
        assert generation(bytes(damaged)) == 7


def test_what_is_no_header_tells_no_generation() -> None:
    assert generation(b"") is None
    assert generation(bytes(HEADER_BYTES)) is None
