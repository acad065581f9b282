"""Figures beside their goals."""

import pytest
from rich.console import Console

from console.bench.build import size
from console.bench.figures import Figure, percentile, rate, times
from console.bench.show import table


def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed() -> None:
    values = [float(n) for n in range(100, 0, -1)]
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1)) == (50, 99, 100)
    assert percentile([7.0], 0.99) == 7


def test_times_meet_their_goals_only_below_them() -> None:
    took = [1.0] * 98 + [5.0, 50.0]
    assert times("it", took, p50=2, p99=10, max=100).met
    assert not times("it", took, p99=5).met
    assert not times("it", took, p50=2, max=50).met
    assert times("it", took).met is None


def test_one_error_misses_every_goal() -> None:
    figure = times("it", [1.0], errors=1, p99=10)
    assert figure.met is False
    assert "1 errors" in figure.measured


def test_a_rate_must_be_above_its_goal() -> None:
    assert rate("it", 101, "rows/s", 100).met
    assert not rate("it", 100, "rows/s", 100).met
    assert rate("it", 101, "MB/s", 100).values == {"MB_per_s": 101}


@pytest.mark.parametrize("scale", [0.0001, 0.01, 1])
def test_at_any_scale_every_strategy_has_balances_trades_and_an_update(scale: float) -> None:
    wanted = size(scale)
    assert wanted.balances >= 10_000
    assert min(wanted.trades, wanted.updates) >= 1_000


def test_at_full_scale_the_store_is_the_one_the_goals_speak_of() -> None:
    assert size(1)[:3] == (10_000_000, 1_000_000, 100_000)


@pytest.mark.parametrize("width", [80, 120])
def test_the_table_fits_and_says_what_is_missed(width: int) -> None:
    figures = [
        times("latest balance of 10,000,000, beside 8 writers", [0.01] * 3, [0.005], p50=0.1, p99=1),
        rate("balances entered, 100,000 at once", 50_000, "rows/s", 100_000),
        Figure("no goal", "1 s", {"s": 1}),
    ]
    terminal = Console(width=width, record=True, force_terminal=False)
    terminal.print(table(figures, width))
    lines = terminal.export_text().splitlines()
    assert max(map(len, lines)) <= width
    assert sum("MISSED" in line for line in lines) == 1
    assert sum("met" in line for line in lines) == 1
    assert any("p50 < 0.1 ms, p99 < 1 ms" in line for line in lines)
