"""What can be configured, section by section. Each service is handed only the parts it needs."""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

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
    readers: int = Field(2, ge=1, le=20)


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

    backup_at: str = Field("30 2 * * *", description="cron expression, UTC")
    keep_backups: int = Field(30, ge=1)
    audit_minutes: float = Field(15, gt=0)
    checkpoint_seconds: float = Field(30, gt=0)
    archive_minutes: float = Field(60, gt=0, description="how often months that are complete are looked for")
    prune_after_months: int | None = Field(None, ge=1, description="then a sealed month leaves the table; None: never")
    hot_candles: int = Field(50_000, ge=1_000, description="of each series these newest never leave the table")


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
