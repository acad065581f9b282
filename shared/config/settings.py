"""What can be configured, section by section. Each service is handed only the parts it needs."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, HttpUrl, SecretStr, field_validator, model_validator

from shared.market import Series, quote_of, timeframe_ms


class Section(BaseModel):
    """A part of the configuration: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _known_timeframe(value: str) -> str:
    timeframe_ms(value)
    return value


Timeframe = Annotated[str, Field(description="1s, 1m ... 1d")]
Symbol = Annotated[str, Field(pattern=r"^[^/\s]+/[^/\s]+$", description="as ccxt writes it: BTC/USDT")]
Identifier = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]


class Paths(Section):
    """Directories; relative ones start where the process was started."""

    data: Path = Path("data")
    backups: Path = Path("data/backups")
    archive: Path = Path("data/archive")
    logs: Path = Path("data/logs")
    cache: Path = Path("data/cache")
    journal: Path = Path("data/journal")
    strategies: Path = Path("strategies")

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.data / "trading.db"


class DatabaseSettings(Section):
    """`url` overrides the SQLite file in the data directory."""

    url: SecretStr | None = None
    busy_timeout_ms: int = Field(10_000, ge=0, le=600_000)
    readers: int = Field(2, ge=1, le=8, description="twice so many with those of one strategy's books: 18 with writers")
    query_timeout_ms: int = Field(60_000, ge=0, le=3_600_000, description="of a read in traders and the console")
    cache_megabytes: int = Field(8, ge=1, le=1_024, description="SQLite's pages in memory, each connection")
    slow_statement_ms: int = Field(100, ge=0, description="what takes longer is logged; 0: nothing is")
    slow_transaction_ms: int = Field(500, ge=0, description="from asking for it to its end; 0: none is logged")


class LogSettings(Section):
    """`format` auto means: readable on a terminal, JSON elsewhere."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "json", "text"] = "auto"

    @property
    def as_json(self) -> bool | None:
        """None lets the terminal decide."""
        return None if self.format == "auto" else self.format == "json"


class ExchangeSettings(Section):
    """One exchange. `id` is ccxt's name for it if it differs from the section's; `url` points it elsewhere."""

    id: str | None = None
    url: HttpUrl | None = None
    rate_limit: bool = True
    timeout_seconds: float = Field(10, gt=0, le=300)
    settle_seconds: float = Field(120, ge=0, le=86_400)
    rate_share: float = Field(1.0, gt=0, le=1)
    live: Literal["auto", "rest"] = "auto"
    close_seconds: float = Field(0.7, ge=0, le=60)
    clock_limit_ms: int = Field(2_000, ge=50, le=60_000)
    bulk: bool = True
    bulk_url: HttpUrl | None = None
    key: SecretStr | None = None
    secret: SecretStr | None = None
    password: SecretStr | None = None
    sandbox: bool = False
    unknown_permissions: bool = Field(False, description="trade with a key whose rights can't be asked for")
    order_seconds: float = Field(2.0, ge=0.5, le=30, description="how long the exchange may take an order up")


class SeriesSettings(Section):
    """A series to collect, from `start` or `days` back, up to `end` or the present."""

    exchange: str
    symbol: Symbol
    timeframe: Timeframe
    start: datetime | None = None
    end: datetime | None = None
    days: float | None = Field(None, gt=0, le=36_500)

    _timeframe = field_validator("timeframe")(_known_timeframe)

    @field_validator("start", "end")
    @classmethod
    def _utc(cls, value: datetime | None) -> datetime | None:
        return value if value is None or value.tzinfo else value.replace(tzinfo=UTC)

    @model_validator(mode="after")
    def _one_beginning(self) -> "SeriesSettings":
        if self.start and self.days:
            raise ValueError("give start or days, not both")
        if self.start and self.end and self.start >= self.end:
            raise ValueError("start must lie before end")
        return self

    @property
    def series(self) -> Series:
        """The partition this section names."""
        return Series(self.exchange, self.symbol, self.timeframe)

    def start_ms(self, now: int, default_days: float) -> int:
        """Where history begins, ms UTC, on the series' grid; `now` in ms."""
        if self.start:
            return self.series.floor(int(self.start.timestamp() * 1000))
        back = timedelta(days=self.days or default_days) // timedelta(milliseconds=1)
        return self.series.floor(now - back)

    def end_ms(self) -> int | None:
        """Where it ends; None while it goes on."""
        return int(self.end.timestamp() * 1000) if self.end else None


class BackfillSettings(Section):
    """How the backfiller works; `days` is how far back a series goes that does not say."""

    days: float = Field(7, gt=0, le=36_500)
    page_candles: int = Field(1000, ge=1, le=10_000)
    pages_in_flight: int = Field(8, ge=1, le=20)
    pause_ms: int = Field(0, ge=0, le=1_000, description="between pages of history, to spare a slow disk")
    ticker_seconds: float = Field(5, ge=0.5, le=3_600)
    ring_candles: int = Field(500, ge=2, le=1_000_000)
    journal_megabytes: int = Field(64, ge=1, le=65_536)


class PaperSettings(Section):
    """The paper broker's market: spread, slippage and fee as fractions; without a fee the market's own hold.

    `volume_share` is how much of what trades in a minute one order may take.
    """

    spread: Decimal = Field(Decimal(0), ge=0, lt=Decimal("0.1"), description="added where the ticker's is narrower")
    slippage: Decimal = Field(Decimal("0.0002"), ge=0, lt=Decimal("0.1"))
    fee: Decimal | None = Field(None, ge=0, lt=Decimal("0.1"))
    latency_ms: int = Field(0, ge=0, le=60_000)
    volume_share: Decimal = Field(Decimal(1), gt=0, le=1)
    book: bool = False


class RiskSettings(Section):
    """Limits of one strategy, or of the whole desk; what is not given does not limit. Money in the quote asset."""

    max_position: Decimal | None = Field(None, gt=0, description="amount held, in the base asset")
    max_exposure: Decimal | None = Field(None, gt=0, description="worth of what is held")
    max_order: Decimal | None = Field(None, gt=0, description="worth of one order")
    orders_per_minute: int | None = Field(None, ge=1, le=10_000)
    max_daily_loss: Decimal | None = Field(None, gt=0, le=1, description="fraction of the equity at 00:00 UTC")
    max_drawdown: Decimal | None = Field(None, gt=0, le=1, description="fraction of the highest equity")
    price_band: Decimal | None = Field(Decimal("0.05"), gt=0, le=1, description="between a price and the last ticker")
    ticker_seconds: float = Field(90, gt=0, description="how old the last ticker may be for an entry")
    stops: int | None = Field(None, ge=1, description="so many stopped positions within stops_minutes pause entries")
    stops_minutes: float = Field(1440, gt=0)
    cooldown_minutes: float = Field(0, ge=0, description="no entry for so long after a position was closed")
    low_profit: Decimal | None = Field(None, description="less profit than this fraction within low_profit_minutes")
    low_profit_minutes: float = Field(1440, gt=0)
    pause_minutes: float = Field(60, gt=0, description="how long stops and low_profit pause entries")


class TraderSettings(Section):
    """How traders share strategies and how fresh a market must be to take new exposure."""

    lease_seconds: float = Field(7, ge=2, le=300)
    poll_ms: int = Field(100, ge=10, le=5_000)
    stale_candles: float = Field(3, gt=0, description="candles a series may lag before entries are refused")
    stale_seconds: float = Field(10, gt=0, description="and at least so many seconds")
    replay_candles: int = Field(500, ge=1, le=10_000, description="missed candles that are made up for")
    late_entries: bool = Field(False, description="let candles that are made up for open exposure, too")
    equity_seconds: float = Field(300, ge=1, le=86_400, description="how often the worth of an open position is kept")


class KeeperSettings(Section):
    """When the keeper copies, checks and tidies."""

    backup_at: str = Field("30 2 * * *", description="cron expression, UTC: full backups")
    increment_at: str = Field("15 */6 * * *", description="cron expression, UTC: what has changed since")
    drill_at: str = Field("30 4 * * *", description="cron expression, UTC: the newest is restored and compared")
    keep_backup_days: int = Field(30, ge=1, le=36_500, description="the newest days on which one was taken")
    audit_minutes: float = Field(15, gt=0)
    checkpoint_seconds: float = Field(10, gt=0)
    wal_megabytes: int = Field(256, ge=1, description="a longer WAL is emptied, and who keeps it is an alarm")
    disk_warning_days: float = Field(14, gt=0, description="a disk that will be full sooner is a warning")
    disk_stop_megabytes: int = Field(512, ge=0, description="history stops with so much left; at most a twentieth")
    archive_minutes: float = Field(60, gt=0, description="how often months that are complete are looked for")
    prune_after_months: int | None = Field(None, ge=1, description="then a sealed month leaves the table; None: never")
    hot_candles: int = Field(50_000, ge=1_000, description="of each series these newest never leave the table")


class Packing(Section):
    """How old, in days, files may be before they are packed harder: when they are cold, and when they are frozen."""

    warm_days: float = Field(30, gt=0, le=36_500)
    cold_days: float = Field(365, gt=0, le=36_500)

    @model_validator(mode="after")
    def _one_after_the_other(self) -> Self:
        days = [getattr(self, name, None) or 0 for name in ("hot_days", "warm_days", "cold_days", "frozen_days")]
        if (known := [each for each in days if each]) != sorted(known):
            raise ValueError("hot_days, warm_days, cold_days and frozen_days must not become less")
        return self


class TierPolicy(Packing):
    """Until which age, in days, rows stay in a tier: hot is the database, the others are files.

    `hot_days` None keeps rows of any age; of `hot_rows` only so many of the newest stay, however young the others are.
    """

    hot_days: float | None = Field(None, gt=0, le=36_500)
    hot_rows: int | None = Field(None, ge=1)
    frozen_days: float = Field(2_557, gt=0, le=36_500)
    delete: bool = Field(False, description="what is older than frozen_days is deleted; else it stays frozen")


class TierSettings(Section):
    """When rows that have aged leave the database, table by table."""

    at: str = Field("45 3 * * *", description="cron expression, UTC")
    without_backup: bool = Field(False, description="let rows go that no backup holds")
    candles: Packing = Packing()
    balance_history: TierPolicy = TierPolicy(hot_days=7)
    ticker_data: TierPolicy = TierPolicy(hot_days=7)
    equity_history: TierPolicy = TierPolicy(hot_days=90, warm_days=90)
    order_events: TierPolicy = TierPolicy(hot_days=90, warm_days=90)

    @model_validator(mode="before")
    @classmethod
    def _beside_the_defaults(cls, given: Any) -> Any:
        """A policy that is given in part keeps its table's other defaults."""
        if not isinstance(given, dict):
            return given
        defaults = {name: field.default for name, field in cls.model_fields.items()}
        return {
            name: {**defaults[name].model_dump(), **value}
            if isinstance(defaults.get(name), TierPolicy) and isinstance(value, dict)
            else value
            for name, value in given.items()
        }

    def policies(self) -> dict[str, TierPolicy]:
        """The policy of each table that has one."""
        named = ((name, getattr(self, name)) for name in type(self).model_fields)
        return {name: value for name, value in named if isinstance(value, TierPolicy)}


class ConsoleSettings(Section):
    """Where the web page listens."""

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=1, le=65_535)


class StrategySettings(Section):
    """One running instance of a strategy and the cash its books begin with."""

    id: Identifier
    name: str
    exchange: str
    symbol: Symbol
    timeframe: Timeframe
    cash: Decimal = Field(Decimal(10_000), gt=0)
    broker: Literal["paper", "live"] = "paper"
    engine: Literal["native", "backtrader"] = Field("native", description="what its file holds: ours, or a bt.Strategy")
    parameters: dict[str, Any] = Field(default_factory=dict)
    risk: RiskSettings = RiskSettings()

    _timeframe = field_validator("timeframe")(_known_timeframe)

    @property
    def series(self) -> Series:
        """The partition the strategy reads."""
        return Series(self.exchange, self.symbol, self.timeframe)

    @property
    def quote(self) -> str:
        """The asset its cash is in."""
        return quote_of(self.symbol)


class Settings(Section):
    """The whole file. Only a `main` sees it; it hands each part to whom it concerns."""

    paths: Paths = Paths()
    database: DatabaseSettings = DatabaseSettings()
    logs: LogSettings = LogSettings()
    backfill: BackfillSettings = BackfillSettings()
    trader: TraderSettings = TraderSettings()
    paper: PaperSettings = PaperSettings()
    risk: RiskSettings = RiskSettings()
    keeper: KeeperSettings = KeeperSettings()
    tiers: TierSettings = TierSettings()
    console: ConsoleSettings = ConsoleSettings()
    exchanges: dict[Identifier, ExchangeSettings] = Field(min_length=1)
    series: tuple[SeriesSettings, ...] = ()
    strategies: tuple[StrategySettings, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> "Settings":
        wrong = contradictions(
            self.exchanges,
            [(s.exchange, s.symbol, s.timeframe) for s in self.series],
            [(s.id, s.exchange) for s in self.strategies],
        )
        if wrong:
            raise ValueError("; ".join(wrong))
        return self

    def all_series(self) -> tuple[SeriesSettings, ...]:
        """The configured series, and those that only a strategy names."""
        named = {s.series for s in self.series}
        implied = {s.series: s for s in self.strategies if s.series not in named}
        return self.series + tuple(
            SeriesSettings(exchange=series.exchange, symbol=series.symbol, timeframe=series.timeframe)
            for series in implied
        )

    def clock_limits(self) -> dict[str, int]:
        """Of each exchange, how far its clock may be from this host's, ms."""
        return {name: exchange.clock_limit_ms for name, exchange in self.exchanges.items()}

    def database_url(self) -> str:
        """SQLAlchemy's URL of the database; it may hold a password, so it is not for a log."""
        if self.database.url:
            return self.database.url.get_secret_value()
        return f"sqlite:///{self.paths.database}"


def contradictions(
    exchanges: Collection[str], series: Sequence[tuple[str, str, str]], strategies: Sequence[tuple[str, str]]
) -> list[str]:
    """Where sections contradict each other; series as (exchange, symbol, timeframe), strategies as (id, exchange)."""
    known = ", ".join(exchanges)
    uses = [(f"series {symbol} {timeframe}", exchange) for exchange, symbol, timeframe in series]
    uses += [(f"strategy {strategy_id}", exchange) for strategy_id, exchange in strategies]
    wrong = [
        f"{what}: exchange {used!r} has no [exchanges.{used}] section (there are: {known})"
        for what, used in uses
        if used not in exchanges
    ]
    wrong += _repeated("series", [" ".join(key) for key in series])
    return wrong + _repeated("strategy id", [strategy_id for strategy_id, _ in strategies])


def _repeated(what: str, names: list[str]) -> list[str]:
    return [f"{what} {name!r} is given twice" for name in sorted({n for n in names if names.count(n) > 1})]
