"""A list of fills, replayed: what is held and earned after each, to the last digit; a bad row is named."""

import csv
import json
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.ledger.fills import read_fills
from console.ledger.replay import replay_fills
from shared.errors import StopError
from shared.trading import Fill, Position, after_fill, plain
from tests.unit.shared.trading.fills import fills

HEADER = "trade_id,symbol,side,amount,price,fee,fee_asset,executed_at\n"
STORY = HEADER + (
    "1,BTC/USDT,buy,2,100,0.2,USDT,1700000000000\n"
    "2,BTC/USDT,sell,0.5,140,1,USDT,2024-01-01T12:00:00Z\n"
    "3,ETH/USDT,buy,3,10,0.003,ETH,\n"
    "4,BTC/USDT,sell,2.5,90,0.01,BNB,1700000000001\n"
)


def replay(directory: Path, text: str, name: str = "fills.csv", mark: str | None = None) -> list[dict[str, str]]:
    """Write the fills, replay them, read what came out."""
    path, out = directory / name, directory / "out.csv"
    path.write_text(text, encoding="utf-8")
    assert replay_fills(path, out, mark, None) == 0
    with out.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def results(line: dict[str, str]) -> tuple[str, ...]:
    return tuple(line[name] for name in ("quantity", "average_price", "realized_pnl", "unrealized_pnl", "fees"))


def test_each_fill_is_followed_by_its_markets_position(tmp_path: Path) -> None:
    lines = replay(tmp_path, STORY)
    assert [results(line) for line in lines] == [
        ("2", "100", "-0.2", "0", "0.2"),
        ("1.5", "100", "18.8", "60", "1.2"),
        ("2.997", "10", "-0.03", "0", "0.03"),
        ("-1", "90", "3.8", "0", "1.2"),
    ]
    assert lines[1]["executed_at"] == "2024-01-01T12:00:00Z"


def test_what_is_open_is_valued_at_the_mark_that_is_given(tmp_path: Path) -> None:
    assert [line["unrealized_pnl"] for line in replay(tmp_path, STORY, mark="80.5")] == [
        "-39",
        "-29.25",
        "211.2885",
        "9.5",
    ]


def test_json_comes_out_as_json_and_numbers_without_quotes_keep_their_digits(tmp_path: Path) -> None:
    path, out = tmp_path / "fills.json", tmp_path / "out.json"
    path.write_text(
        '[{"trade_id": 7, "symbol": "BTC/USDT", "side": "BUY",'
        ' "amount": 0.123456789012345678, "price": 1e-8, "fee": null}]'
    )
    assert replay_fills(path, out, None, None) == 0
    (line,) = json.loads(out.read_text())
    assert (line["trade_id"], line["side"], line["fee_asset"]) == ("7", "buy", "USDT")
    assert results(line) == ("0.123456789012345678", "0.00000001", "0", "0", "0")


def test_columns_may_stand_in_any_order_and_what_can_be_missed_be_missing(tmp_path: Path) -> None:
    path = tmp_path / "fills.csv"
    path.write_text("\ufeffPrice, side ,trade_id,amount\r\n5,sell,a,1\r\n\r\n", encoding="utf-8")
    (row,), bad = read_fills(path, "BTC/USDT")
    assert (row.where, bad) == ("line 2", [])
    assert (row.fill.amount, row.fill.price, row.fill.fee, row.fill.fee_asset) == (D(1), D(5), D(0), "USDT")


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("1,BTC/USDT,buy,x,1,0,USDT,", "amount 'x' is no number"),
        ("1,BTC/USDT,buy,NaN,1,0,USDT,", "amount 'NaN' is no number"),
        ("1,BTC/USDT,buy,,1,0,USDT,", "amount '' is no number"),
        ('1,BTC/USDT,buy,"1,5",1,0,USDT,', "amount '1,5' is no number"),
        ("1,BTC/USDT,buy,1e99,1,0,USDT,", "amount '1e99' is no number"),
        ("1,BTC/USDT,buy,0,1,0,USDT,", "amount '0' is not above 0"),
        ("1,BTC/USDT,buy,1,-1,0,USDT,", "price '-1' is not above 0"),
        ("1,BTC/USDT,hold,1,1,0,USDT,", "side 'hold' is neither buy nor sell"),
        ("1,BTC,buy,1,1,0,USDT,", "symbol 'BTC' is no market"),
        (",BTC/USDT,buy,1,1,0,USDT,", "it has no trade_id"),
        ("1,BTC/USDT,buy,1,1,free,USDT,", "fee 'free' is no number"),
        ("1,BTC/USDT,buy,1,1,0,USDT,yesterday", "executed_at 'yesterday' is no time"),
        ("1,BTC/USDT,buy,1", "4 cells instead of 8"),
        ("0,BTC/USDT,buy,1,1,0,USDT,", "trade_id '0' stands at line 2 already"),
    ],
)
def test_a_row_that_is_no_fill_is_named_with_its_line_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], row: str, why: str
) -> None:
    path, out = tmp_path / "fills.csv", tmp_path / "out.csv"
    path.write_text(f"{HEADER}0,BTC/USDT,buy,1,1,0,USDT,\n{row}\n")
    with pytest.raises(StopError, match="1 row of 2 refused"):
        replay_fills(path, out, None, None)
    assert f"{path} line 3: {why}" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["fills.csv"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "has no column amount, price, side, trade_id"),
        ("trade_id,side,amount\n", "has no column price"),
        ("{}", "is not a list of fills"),
        ("[1", "is no JSON"),
    ],
)
def test_a_file_that_is_no_list_of_fills_is_refused(tmp_path: Path, text: str, why: str) -> None:
    path = tmp_path / "fills"
    path.write_text(text)
    with pytest.raises(StopError, match=why):
        read_fills(path, None)


def test_an_entry_that_is_no_object_is_named_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "fills.json"
    path.write_text("[3]")
    assert read_fills(path, None) == ([], ["entry 1: it is no object"])


@pytest.mark.parametrize("mark", ["0", "-1", "NaN", "cheap"])
def test_a_mark_that_is_no_price_is_refused(tmp_path: Path, mark: str) -> None:
    with pytest.raises(StopError, match=f"--mark {mark} is no price"):
        replay(tmp_path, STORY, mark=mark)


def test_the_fills_are_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "fills.csv"
    path.write_text(STORY)
    with pytest.raises(StopError, match="is the file with the fills"):
        replay_fills(path, path, None, None)
    assert path.read_text() == STORY


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StopError, match="can't read"):
        read_fills(tmp_path / "fills.csv", None)


@given(st.lists(fills(), max_size=6, unique_by=lambda one: one.trade_id))
def test_whatever_goes_through_a_file_makes_the_position_that_it_makes_without(
    tmp_path_factory: pytest.TempPathFactory, several: list[Fill]
) -> None:
    rows: list[dict[str, Any]] = [
        {
            "trade_id": each.trade_id,
            "symbol": "BTC/USDT",
            "side": each.side.value,
            **{name: plain(getattr(each, name)) for name in ("amount", "price", "fee")},
            "fee_asset": each.fee_asset,
            "fee_value": None if each.fee_value is None else plain(each.fee_value),
        }
        for each in several
    ]
    lines = replay(tmp_path_factory.mktemp("fills"), json.dumps(rows), "fills.json", mark="3")
    position = Position()
    for each, line in zip(several, lines, strict=True):
        position = after_fill(position, each)
        assert (D(line["quantity"]), D(line["realized_pnl"])) == (position.amount, position.realized_pnl)
        assert D(line["unrealized_pnl"]) == position.unrealized_pnl(D(3))
