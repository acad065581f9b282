"""The strategies that exist: one row each, made once and kept."""

import json
from collections.abc import Collection

from sqlalchemy import Connection, insert, literal, select, update

from shared.config import StrategySettings
from shared.errors import ConfigError
from shared.ledger.settlement import deposit
from shared.models import leases, orders, strategy_metadata, trades
from shared.trading import Status
from shared.trading.state import BY_SCRIPT


def register(connection: Connection, wanted: StrategySettings, now_us: int, boot_us: int, boot_id: str) -> bool:
    """Make a strategy known, with its lease and its opening cash; True if it is new.

    A known one has its name and parameters refreshed. ConfigError if it now names another series, or another broker
    once it has traded: the id owns the books, and they belong to that market. Nor is a script's book a strategy's.
    """
    known = connection.execute(
        select(strategy_metadata).where(strategy_metadata.c.strategy_id == wanted.id)
    ).one_or_none()
    if known is None:
        _create(connection, wanted, now_us, boot_us, boot_id)
        return True
    if known.strategy_name == BY_SCRIPT:
        raise ConfigError(f"strategy {wanted.id}: a script keeps books under this id: give the strategy one of its own")
    if (known.exchange, known.symbol, known.timeframe) != wanted.series.key:
        raise ConfigError(
            f"strategy {wanted.id} keeps books of {known.exchange} {known.symbol} {known.timeframe}, the configuration"
            f" now says {wanted.series}: give the new one an id of its own"
        )
    if known.broker != wanted.broker and _has_traded(connection, wanted.id):
        raise ConfigError(
            f"strategy {wanted.id} keeps books of trades on {known.broker}, the configuration now says"
            f" {wanted.broker}: what it holds is not there; give the new one an id of its own"
        )
    described = {"strategy_name": wanted.name, "config": _config(wanted), "broker": wanted.broker}
    if (known.strategy_name, known.config, known.broker) != tuple(described.values()):
        connection.execute(
            update(strategy_metadata)
            .where(strategy_metadata.c.strategy_id == wanted.id)
            .values(**described, updated_at_us=now_us)
        )
    return False


def runnable(connection: Connection, among: Collection[str]) -> set[str]:
    """Those of `among` that a trader may run: known and active, and not kept by a script."""
    query = select(strategy_metadata.c.strategy_id).where(
        strategy_metadata.c.strategy_id.in_(among),
        strategy_metadata.c.status == "active",
        strategy_metadata.c.strategy_name != BY_SCRIPT,
    )
    return set(connection.execute(query).scalars())


def _has_traded(connection: Connection, strategy_id: str) -> bool:
    """Whether it has a trade, or an order that may yet make one."""
    waiting = orders.c.status.in_([status.value for status in Status if not status.is_done])
    traded = select(literal(1)).where(trades.c.strategy_id == strategy_id)
    ordered = select(literal(1)).where(orders.c.strategy_id == strategy_id, waiting)
    return connection.execute(traded.union_all(ordered).limit(1)).first() is not None


def _create(connection: Connection, wanted: StrategySettings, now_us: int, boot_us: int, boot_id: str) -> None:
    connection.execute(
        insert(strategy_metadata).values(
            strategy_id=wanted.id,
            exchange=wanted.exchange,
            symbol=wanted.symbol,
            timeframe=wanted.timeframe,
            strategy_name=wanted.name,
            config=_config(wanted),
            status="active",
            reason="",
            broker=wanted.broker,
            created_at_us=now_us,
            updated_at_us=now_us,
        )
    )
    connection.execute(
        insert(leases).values(
            strategy_id=wanted.id, owner=None, token=0, expires_us=boot_us, boot_id=boot_id, updated_at_us=now_us
        )
    )
    deposit(connection, wanted.id, wanted.exchange, wanted.quote, wanted.cash, now_us, wanted.broker)


def _config(wanted: StrategySettings) -> str:
    return json.dumps({"cash": str(wanted.cash), "parameters": wanted.parameters}, sort_keys=True, default=str)
