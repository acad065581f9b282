"""The configuration: a TOML file, overridden by the environment, with every mistake named at once."""

from pathlib import Path

import pytest

from shared.config import Settings, load_settings
from shared.errors import ConfigError
from shared.market import TIMEFRAMES

SMALLEST = "[exchanges.binance]\n"


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory, where the process was started."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(directory: Path, text: str = SMALLEST, **environ: str) -> Settings:
    """The settings of a file with this text and this environment."""
    (directory / "chandler.toml").write_text(text, encoding="utf-8")
    return load_settings(environ)


def mistakes(directory: Path, text: str = SMALLEST, **environ: str) -> list[str]:
    """The lines of the complaint below its heading."""
    with pytest.raises(ConfigError) as refusal:
        load(directory, text, **environ)
    heading, *lines = str(refusal.value).splitlines()
    assert heading == "chandler.toml (with CHANDLER_... from the environment) is wrong:"
    return [line.strip() for line in lines]


def test_one_exchange_is_enough(directory: Path) -> None:
    settings = load(directory)
    assert list(settings.exchanges) == ["binance"]
    assert settings.database_url() == "sqlite:///data/trading.db"


def test_chandler_config_names_the_file(directory: Path) -> None:
    (directory / "demo.toml").write_text("[exchanges.kraken]\n")
    assert list(load_settings({"CHANDLER_CONFIG": "demo.toml"}).exchanges) == ["kraken"]


def test_the_environment_overrides_the_file(directory: Path) -> None:
    settings = load(directory, SMALLEST + "[console]\nport = 8080\n", CHANDLER_CONSOLE__PORT="9090")
    assert settings.console.port == 9090


def test_the_environment_reaches_into_a_section_the_file_does_not_have(directory: Path) -> None:
    settings = load(directory, CHANDLER_EXCHANGES__BINANCE__URL="http://127.0.0.1:8901", CHANDLER_PATHS__DATA="/data")
    assert str(settings.exchanges["binance"].url) == "http://127.0.0.1:8901/"
    assert settings.database_url() == "sqlite:////data/trading.db"


def test_names_without_two_underscores_are_not_settings(directory: Path) -> None:
    assert load(directory, CHANDLER_HEALTH_FILE="/run/health.json", PATH="/bin", STRATEGY_ID="rsi") == load(directory)


def test_a_secret_is_read_from_the_file_that_a_variable_names(directory: Path) -> None:
    (directory / "url").write_text("sqlite:////elsewhere/trading.db\n")
    settings = load(directory, CHANDLER_DATABASE__URL_FILE=str(directory / "url"))
    assert settings.database_url() == "sqlite:////elsewhere/trading.db"


def test_every_mistake_is_named_at_once_with_its_key_its_value_and_what_was_expected(directory: Path) -> None:
    text = """
[paths]
dta = "data"
[exchanges.binance]
timeout_seconds = 0
[console]
host = 80
[[series]]
exchange = "binance"
symbol = "BTCUSDT"
timeframe = "7m"
[[series]]
exchange = "kraken"
symbol = "BTC/USD"
timeframe = "1m"
days = -1
[[strategies]]
id = "rsi"
exchange = "binance"
symbol = "BTC/USDT"
timeframe = "1m"
"""
    named = mistakes(directory, text, CHANDLER_CONSOLE__PORT="many", CHANDLER_DATABASE__URL_FILE="nowhere")
    assert named == [
        "CHANDLER_DATABASE__URL_FILE names nowhere, which can't be read: No such file or directory",
        "paths.dta is not a known key",
        "console.host = 80: Input should be a valid string",
        "console.port = 'many': Input should be a valid integer, unable to parse string as an integer",
        "exchanges.binance.timeout_seconds = 0: Input should be greater than 0",
        r"series.0.symbol = 'BTCUSDT': String should match pattern '^[^/\s]+/[^/\s]+$'",
        f"series.0.timeframe = '7m': unknown timeframe '7m'; known are {', '.join(TIMEFRAMES)}",
        "series.1.days = -1: Input should be greater than 0",
        "strategies.0.name is missing",
        "series BTC/USD 1m: exchange 'kraken' has no [exchanges.kraken] section (there are: binance)",
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "exchanges is missing"),
        (SMALLEST + "[trader]\nlease = 5\n", "trader.lease is not a known key"),
        (SMALLEST + "[traders]\n", "traders is not a known key"),
        ("exchanges = 'binance'", "exchanges must be a section with keys of its own, not one value"),
        (SMALLEST + "series = 5", "exchanges.binance.series is not a known key"),
        (SMALLEST + "[backfill]\ndays = nan\n", "backfill.days = nan: Input should be a finite number"),
    ],
)
def test_a_single_mistake_is_named(directory: Path, text: str, complaint: str) -> None:
    assert mistakes(directory, text) == [complaint]


def test_an_unknown_key_from_the_environment_is_refused_like_one_from_the_file(directory: Path) -> None:
    assert mistakes(directory, CHANDLER_TRADER__LEASE="5", CHANDLER_TRADR__POLL_MS="5") == [
        "trader.lease is not a known key",
        "tradr is not a known key",
    ]


def test_two_variables_that_set_one_key_are_refused_whatever_their_order(directory: Path) -> None:
    (directory / "url").write_text("sqlite:///a.db")
    both = {"CHANDLER_DATABASE__URL_FILE": "url", "CHANDLER_DATABASE__URL": "sqlite:///b.db"}
    for environ in (both, dict(reversed(both.items()))):
        assert mistakes(directory, **environ) == [
            "CHANDLER_DATABASE__URL_FILE sets what another CHANDLER_... variable sets already: keep one of them"
        ]


def test_a_variable_below_one_that_is_a_value_is_refused(directory: Path) -> None:
    assert mistakes(directory, CHANDLER_PATHS__DATA="/data", CHANDLER_PATHS__DATA__DEEPER__STILL="/x") == [
        "CHANDLER_PATHS__DATA__DEEPER__STILL sets what another CHANDLER_... variable sets already: keep one of them"
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[database]\nurl = 5432\npassword = 'hunter2'\n" + SMALLEST,
        "database = 'postgresql://chandler:hunter2@db/chandler'\n" + SMALLEST,
        "[exchanges.binance]\nurl = 'http://u:hunter2@:8901'\n",
        "[exchanges]\nbinance = 'hunter2'\n",
        SMALLEST + "[[series]]\nexchange = 'binance'\nsymbol = 'BTC/USDT'\ntimeframe = '1m'\napi_key = 'hunter2'\n",
    ],
)
def test_a_secret_never_stands_in_a_complaint(directory: Path, text: str) -> None:
    assert "hunter2" not in "\n".join(mistakes(directory, text))


def test_a_secret_never_stands_in_the_repr_of_the_settings(directory: Path) -> None:
    settings = load(directory, CHANDLER_DATABASE__URL="postgresql://chandler:hunter2@db/chandler")
    assert "hunter2" not in repr(settings) + str(settings) + settings.model_dump_json()
    assert "hunter2" in settings.database_url()


def test_a_missing_file_is_named_with_what_to_do(directory: Path) -> None:
    with pytest.raises(ConfigError, match=r"can't read the configuration gone\.toml: No such file .* CHANDLER_CONFIG"):
        load_settings({"CHANDLER_CONFIG": "gone.toml"})


@pytest.mark.parametrize("content", [b"[exchanges", b"\xff\xfe\x00"])
def test_a_file_that_is_not_toml_is_refused(directory: Path, content: bytes) -> None:
    (directory / "chandler.toml").write_bytes(content)
    with pytest.raises(ConfigError, match=r"chandler\.toml is not TOML"):
        load_settings({})
