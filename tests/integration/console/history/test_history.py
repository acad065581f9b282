"""`chandler history`: what is kept of the past, from a real simulator through a real keeper's sealing."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chandler import Series, Store
from console.main import app
from shared.archive import Month, prune, seal
from shared.candles import store_page
from shared.clock import now_ms
from shared.errors import RepairError, StopError
from shared.history import Place as Kept
from shared.history import candles, copies_in
from shared.market import Candle, Interval
from tests.integration.backfiller.rig import Place, Simulate
from tests.integration.console.candles.desk import BTC, HOURS, OF_BTC, START, TWELVE_HOURS

HOUR = 3_600_000
OLD = Series("binance", "OLD/USDT", "6h")
JUNE = Month(2024, 6)


def chandler(place: Place, *arguments: str) -> Result:
    """The result of `chandler history` with these arguments; the configuration is the place's."""
    return CliRunner().invoke(app, ["history", *arguments], env=place.environ, catch_exceptions=False)


def told(place: Place, *arguments: str) -> Any:
    """What the command prints with --json."""
    return json.loads(chandler(place, *arguments, "--json").stdout)


def kept(place: Place) -> Kept:
    """Where the configuration keeps history."""
    return Kept(place.database, place.directory / "archive", copies_in(place.directory / "cache"))


@pytest.fixture
def stored(place: Place) -> Place:
    """A place without an exchange to ask, with a June of six-hour candles, sealed."""
    (place.directory / "chandler.toml").write_text(
        f'[paths]\ndata = "{place.directory}"\narchive = "{place.directory}/archive"\n'
        f'cache = "{place.directory}/cache"\n[exchanges.binance]\n'
    )
    page = [Candle(at, 1.5, 2.25, 1.0, 2.0, at % 7 / 3) for at in range(JUNE.start, JUNE.end, OLD.step)]
    with place.database.write() as connection:
        store_page(connection, OLD, page, JUNE.interval, now_us=1)
    seal(place.database, place.directory / "archive", OLD, JUNE, 5)
    return place


def read(place: Place) -> list[float]:
    """The closes that can be read; leaves copies behind."""
    there = kept(place)
    return list(candles(there.database, there.archive, OLD, 0, 2**60, copies=there.copies).arrays().close.tolist())


def copies(place: Place) -> list[Path]:
    return list((place.directory / "cache").rglob("*.arrow"))


def months(directory: Path) -> list[str]:
    return sorted(str(path.relative_to(directory)) for path in directory.rglob("20*"))


def test_info_tells_candles_range_sizes_and_the_last_update(stored: Place) -> None:
    assert len(read(stored)) == 120
    (found,) = told(stored, "info")
    assert (found["symbol"], found["candles"], found["months"], found["archived"]) == ("OLD/USDT", 120, 1, 120)
    assert (found["first"], found["last"]) == (JUNE.start, JUNE.end - OLD.step)
    assert found["archive_bytes"] == next((stored.directory / "archive").rglob("*.parquet")).stat().st_size
    assert found["copies_bytes"] == copies(stored)[0].stat().st_size
    assert (found["updated_at_us"], found["sealed_at_us"]) == (1, 5)
    assert "120 candles" in chandler(stored, "info").stdout


def test_pruned_candles_still_count_and_take_no_room_in_the_table(stored: Place) -> None:
    prune(stored.database, stored.directory / "archive", OLD, JUNE)
    (found,) = told(stored, "info")
    assert (found["candles"], found["pruned"], found["table_bytes"]) == (120, 120, 0)


def test_clear_removes_the_copies_and_no_candle(stored: Place) -> None:
    before = read(stored)
    prune(stored.database, stored.directory / "archive", OLD, JUNE)
    files = months(stored.directory / "archive")
    assert len(copies(stored)) == 1
    assert "1 copy removed" in chandler(stored, "clear").stdout
    assert copies(stored) == []
    assert months(stored.directory / "archive") == files
    assert read(stored) == before


def test_a_copy_that_another_process_removes_while_it_is_looked_at_troubles_nobody(stored: Place) -> None:
    read(stored)
    (copy,) = copies(stored)
    size = copy.stat().st_size
    copy.with_name(".2024-07.0123456789abcdef.arrow.1.part").symlink_to("gone")  # listed, and not there any more
    (found,) = told(stored, "info")
    assert found["copies_bytes"] == size
    assert chandler(stored, "clear").exit_code == 0


def test_verify_finds_a_copy_that_differs_and_a_candle_that_is_gone(stored: Place) -> None:
    read(stored)
    assert chandler(stored, "verify").exit_code == 0
    (copy,) = copies(stored)
    copy.write_bytes(copy.read_bytes()[:-300])
    done = chandler(stored, "verify")
    assert done.exit_code == 1
    assert "differed from its month" in done.stdout
    assert chandler(stored, "verify").exit_code == 0
    with stored.database.write() as connection:
        connection.exec_driver_sql("UPDATE series_coverage SET candles = candles + 1")
    assert told(stored, "verify") == [
        "binance OLD/USDT 6h: 120 candles can be read of what is covered, the bookkeeping has 121"
    ]


def test_the_archive_moves_and_can_be_read_at_every_step(stored: Place) -> None:
    before, old, new = read(stored), stored.directory / "archive", stored.directory / "elsewhere"
    prune(stored.database, old, OLD, JUNE)
    files = months(old)
    assert "1 month of" in chandler(stored, "relocate", str(new)).stdout
    assert months(old) == months(new) == files
    assert read(stored) == before

    config = stored.directory / "chandler.toml"
    config.write_text(config.read_text().replace(f'archive = "{old}"', f'archive = "{new}"'))
    assert chandler(stored, "relocate", "--from", str(old)).exit_code == 0
    assert (months(old), months(new)) == ([], files)
    chandler(stored, "clear")
    assert candles(stored.database, new, OLD, 0, 2**60).arrays().close.tolist() == before


def test_a_move_never_writes_over_a_month_that_the_database_knows(stored: Place) -> None:
    archive, old = stored.directory / "archive", stored.directory / "old"
    (file,) = archive.rglob("*.parquet")
    foreign = old / file.relative_to(archive)
    foreign.parent.mkdir(parents=True)
    foreign.write_bytes(b"of another database")
    whole = file.read_bytes()
    assert chandler(stored, "relocate", "--from", str(old)).exit_code == 0
    assert file.read_bytes() == whole
    assert not foreign.exists()


def test_a_move_to_where_it_is_already_is_refused(stored: Place) -> None:
    assert chandler(stored, "relocate", str(stored.directory / "archive")).exit_code == 1
    assert chandler(stored, "relocate").exit_code == 1


def test_update_fetches_what_is_new_and_nothing_twice(simulate: Simulate, place: Place) -> None:
    exchange = simulate()
    place.configure(exchange, TWELVE_HOURS)
    done = chandler(place, "update")
    assert done.exit_code == 0, done.output
    assert "720 candles came, 720 are kept, nothing is missing" in done.stdout
    asked = len(exchange.log())
    assert "0 candles came" in chandler(place, "update").stdout
    assert len(exchange.log()) == asked
    assert place.rows(BTC) == exchange.truth(BTC, HOURS)


def test_update_reaches_further_back_than_the_configuration(simulate: Simulate, place: Place) -> None:
    exchange = simulate()
    place.configure(exchange, TWELVE_HOURS)
    assert place.fetch() == 0
    earlier = START - 5 * HOUR
    since = datetime.fromtimestamp(earlier / 1000, UTC).isoformat()
    assert "300 candles came, 1,020 are kept" in chandler(place, "update", "--from", since).stdout
    assert place.rows(BTC) == exchange.truth(BTC, Interval(earlier, HOURS.end))
    assert "80 candles came, 1,100 are kept" in chandler(place, "update", "--limit", "1100").stdout
    assert place.covered(BTC) == [Interval(HOURS.end - 1100 * 60_000, HOURS.end)]


def test_update_takes_a_series_that_is_not_configured(simulate: Simulate, place: Place) -> None:
    place.configure(simulate(), TWELVE_HOURS)
    of_eth = ("--exchange", "binance", "--symbol", "ETH/USDT", "--timeframe", "1h")
    done = chandler(place, "update", *of_eth, "--limit", "30")
    assert done.exit_code == 0, done.output
    assert "binance ETH/USDT 1h: 30 candles came" in done.stdout
    assert chandler(place, "update", "--symbol", "MOON/USDT").exit_code == 1


def test_a_script_that_wants_more_history_than_there_is_gets_it_fetched_and_kept(
    simulate: Simulate, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    exchange = simulate()
    place.configure(exchange, TWELVE_HOURS)
    monkeypatch.setenv("CHANDLER_CONFIG", place.environ["CHANDLER_CONFIG"])
    with Store.open(place.directory / "trading.db") as store:
        assert len(store.history(BTC, limit=3000)) == 0
        fetched = store.history(BTC, end=HOURS.end, limit=3000, fetch=True)
        assert len(fetched) == 3000
        assert fetched.first == HOURS.end - 3000 * 60_000
        asked = len(exchange.log())
        assert len(store.history(BTC, end=HOURS.end, limit=3000, fetch=True).arrays()) == 3000
        assert len(exchange.log()) == asked
    assert place.rows(BTC) == exchange.truth(BTC, Interval(HOURS.end - 3000 * 60_000, HOURS.end))


def test_a_fetch_that_fails_says_why(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    (place.directory / "chandler.toml").write_text("[exchanges.kraken]\n")
    monkeypatch.setenv("CHANDLER_CONFIG", place.environ["CHANDLER_CONFIG"])
    with (
        Store.open(place.directory / "trading.db") as store,
        pytest.raises(RepairError, match=r"not all of it could be fetched: .*none of the configured series"),
    ):
        store.history(BTC, now_ms() - HOUR, fetch=True)


def test_how_far_back_to_fetch_must_be_known(place: Place) -> None:
    with (
        Store.open(place.directory / "trading.db") as store,
        pytest.raises(StopError, match="say from when on"),
    ):
        store.history(BTC, fetch=True)


def test_the_commands_name_series_like_those_of_candles(stored: Place) -> None:
    assert told(stored, "info", *OF_BTC) == []


def test_an_export_holds_the_archived_candles_too(stored: Place) -> None:
    before = read(stored)
    prune(stored.database, stored.directory / "archive", OLD, JUNE)
    out = stored.directory / "out.csv"
    series = ("--exchange", "binance", "--symbol", "OLD/USDT", "--timeframe", "6h")
    done = CliRunner().invoke(app, ["candles", "export", str(out), *series], env=stored.environ)
    assert done.exit_code == 0, done.output
    assert [float(line.split(",")[4]) for line in out.read_text().splitlines()[1:]] == before
