"""What the command line asks for: which strategy, on which candles, by which rules."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from console.candles.commands import ms_of
from console.strategies.check import series_of
from shared.config import ExchangeSettings, PaperSettings, Settings, StrategySettings, load_settings
from shared.errors import ConfigError
from shared.market import Market, Series
from trader.backtest.spec import Backtest, usual_market

_SPEC = ("strategy", "backtest", "paper", "market")


@dataclass(frozen=True)
class Wish:
    """As it was typed; what is None is the configuration's, or the strategy's own."""

    strategy: str
    series: str | None = None
    since: str | None = None
    until: str | None = None
    file: Path | None = None
    parameters: tuple[str, ...] = ()
    cash: str | None = None
    fee: str | None = None
    slippage: str | None = None
    engine: str | None = None


@dataclass(frozen=True)
class Plan:
    """A test that is ready to be run; `file` holds its candles, `rules` are what was given of the market's."""

    wanted: StrategySettings
    backtest: Backtest
    file: Path | None
    rules: Mapping[str, Any] = field(default_factory=dict)

    def market(self, known: Market | None) -> Market:
        """The rules to trade by: the exchange's where they are known, with those that were given in their place."""
        return replace(known or usual_market(self.wanted.series), **self.rules)


def configured(wish: Wish, environ: Mapping[str, str]) -> Settings:
    """The configuration; a test on a file needs none, where there is none."""
    path = Path(environ.get("CHANDLER_CONFIG") or "chandler.toml")
    spec = _spec(wish)
    if path.exists() or not (wish.file or "file" in spec.get("backtest", {})):
        return load_settings(environ)
    found = series_of(wish.series)
    exchange = found.exchange if found else spec.get("strategy", {}).get("exchange", "none")
    return Settings(exchanges={exchange: ExchangeSettings()})


def planned(wish: Wish, settings: Settings) -> Plan:
    """Put together what was asked for; ConfigError says what does not fit."""
    spec = _spec(wish)
    wanted = _section(wish, settings, spec.get("strategy", {}))
    paper = _checked(PaperSettings, {**settings.paper.model_dump(), **spec.get("paper", {}), **_costs(wish)}, "[paper]")
    when = spec.get("backtest", {})
    backtest = Backtest(
        wanted.id,
        wanted.series,
        wanted.cash,
        start=_moment(wish.since or when.get("from")),
        end=_moment(wish.until or when.get("to")),
        paper=paper,
        limits=wanted.risk,
        desk=settings.risk,
        trader=settings.trader,
    )
    file = wish.file or (Path(when["file"]) if "file" in when else None)
    return Plan(wanted, backtest, file, _rules(spec.get("market", {})))


def pairs(texts: Iterable[str], what: str) -> dict[str, str]:
    """`window=20` -> window: 20; ConfigError if there is no `=`."""
    found = [text.partition("=") for text in texts]
    if wrong := [name for name, equals, _ in found if not equals]:
        raise ConfigError(f"{what} {wrong[0]}: write NAME=VALUE, {what} window=20")
    return {name.strip(): value.strip() for name, _, value in found}


def value_of(text: str) -> Any:
    """A parameter as TOML has it: 20, 0.5, true, "text"; text needs no quotes."""
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _spec(wish: Wish) -> dict[str, Any]:
    """The test's own file; nothing where a strategy is named instead."""
    if not wish.strategy.endswith(".toml"):
        return {}
    path = Path(wish.strategy)
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"can't read the test {path}: {error}") from None
    if unknown := sorted(set(found) - set(_SPEC)):
        raise ConfigError(f"{path} has [{unknown[0]}]: known are {', '.join(f'[{name}]' for name in _SPEC)}")
    return found


def _section(wish: Wish, settings: Settings, spec: Mapping[str, Any]) -> StrategySettings:
    """The strategy's section of the configuration, of the spec, or one made of a strategy's name."""
    name = wish.strategy
    section = next((each.model_dump() for each in settings.strategies if each.id == name), None)
    section = {**(section or {"id": Path(name).stem, "name": Path(name).stem}), **spec}
    if series := series_of(wish.series) or (None if "symbol" in section else _first(settings)):
        section |= {"exchange": series.exchange, "symbol": series.symbol, "timeframe": series.timeframe}
    given = {name: value_of(text) for name, text in pairs(wish.parameters, "--set").items()}
    section["parameters"] = {**section.get("parameters", {}), **given}
    section |= {"cash": wish.cash} if wish.cash else {}
    section |= {"engine": wish.engine} if wish.engine else {}
    found: StrategySettings = _checked(StrategySettings, section, f"strategy {name}")
    return found


def _first(settings: Settings) -> Series:
    """The first configured series, where none is named."""
    found = next((each.series for each in settings.all_series()), None)
    if found is None:
        raise ConfigError("say on which candles: --series 'binance BTC/USDT 1m'")
    return found


def _costs(wish: Wish) -> dict[str, str]:
    return {name: text for name, text in (("fee", wish.fee), ("slippage", wish.slippage)) if text is not None}


def _rules(section: Mapping[str, Any]) -> dict[str, Any]:
    """What is given of a market's rules, its numbers as exact decimals."""
    known = {rule.name for rule in fields(Market)} - {"exchange", "symbol"}
    if unknown := sorted(set(section) - known):
        raise ConfigError(f"[market] has {unknown[0]!r}: known are {', '.join(sorted(known))}")
    return {name: value if name == "fee_side" else _rule(name, value) for name, value in section.items()}


def _rule(name: str, value: object) -> Decimal:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or (number <= 0 and name in ("amount_step", "price_tick")):
        raise ConfigError(f"[market] {name} = {value!r}: a number is meant, above 0 for a step or a tick")
    return number


def _moment(told: object) -> int | None:
    return None if told is None else ms_of(str(told), 0)


def _checked(kind: type[Any], values: Mapping[str, Any], where: str) -> Any:
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        told = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors())
        raise ConfigError(f"{where}: {told}") from None
