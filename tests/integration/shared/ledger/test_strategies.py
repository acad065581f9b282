"""A strategy's id owns its books, and they belong to one market at one broker."""

import pytest

from shared import ledger
from shared.clock import boot_id
from shared.config import StrategySettings
from shared.errors import ConfigError
from shared.trading import Status
from tests.integration.shared.ledger.counter import BUY, WANTED, Counter, fill

LIVE = WANTED.model_copy(update={"broker": "live"})


def register(counter: Counter, wanted: StrategySettings) -> bool:
    with counter.database.write() as connection:
        return ledger.register(connection, wanted, 9, 0, boot_id())


def test_its_deposit_is_the_first_row_of_its_books(counter: Counter) -> None:
    assert counter.rows("SELECT asset, total, change, change_percent, source, reason FROM balance_history") == [
        ("USDT", "1000", "1000", None, "paper", "deposit")
    ]
    assert not register(counter, WANTED)
    assert counter.books().cash == 1000


def test_before_it_traded_it_may_move_to_another_broker(counter: Counter) -> None:
    counter.settle(counter.order(BUY, "1"), Status.REJECTED)
    register(counter, LIVE)
    assert counter.rows("SELECT broker FROM strategy_metadata") == [("live",)]


def test_once_it_traded_its_books_stay_with_their_broker(counter: Counter) -> None:
    counter.trade(fill("t1", BUY, "1", "100"))
    with pytest.raises(ConfigError, match="keeps books of trades on paper, the configuration now says live"):
        register(counter, LIVE)


def test_an_order_that_may_yet_be_filled_keeps_it_with_its_broker(counter: Counter) -> None:
    counter.order(BUY, "1")
    with pytest.raises(ConfigError, match="give the new one an id of its own"):
        register(counter, LIVE)
