"""Whether a demo really did something."""

from console.demo.verdict import Counts


def test_only_what_was_written_meanwhile_counts() -> None:
    before, after = Counts(40_000, 7, 5), Counts(40_060, 9, 5)
    written = after.since(before)
    assert str(written) == "60 candles, 2 signals, 0 trades"
    assert written.missing() == ["trades"]


def test_one_is_not_told_as_several() -> None:
    assert str(Counts(1, 1, 1)) == "1 candle, 1 signal, 1 trade"


def test_nothing_is_missing_when_all_three_grew() -> None:
    assert Counts(1, 1, 1).missing() == []
