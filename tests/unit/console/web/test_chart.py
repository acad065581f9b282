"""The equity curve as a picture."""

from decimal import Decimal as D

import pytest

from console.web.chart import HEIGHT, PLOT, draw
from shared.portfolio.curve import Curve
from shared.portfolio.paths import Path

HOUR_US = 3_600_000_000


def path(*equity: float, hold: tuple[float, ...] = (), step_us: int = HOUR_US) -> Path:
    edges = tuple(i * step_us for i in range(len(equity)))
    nothing = (D(0),) * len(equity)
    ours, theirs = (tuple(D(str(value)) for value in column) for column in (equity, hold or equity))
    return Path(Curve(edges, ours, nothing), Curve(edges, theirs, nothing))


def test_time_runs_to_the_right_and_money_upwards() -> None:
    chart = draw(path(100, 120, 110))
    assert chart
    (x1, y1), (_, y2), (x3, y3) = (tuple(map(float, point.split(","))) for point in chart.equity.split())
    assert (x1, x3) == (8, PLOT)
    assert y2 < y3 < y1
    assert chart.last == (x3, y3)


def test_both_curves_lie_inside_the_picture_on_one_scale() -> None:
    chart = draw(path(100, 120, 110, hold=(100, 300, 50)))
    assert chart
    for line in (chart.equity, chart.hold, chart.area):
        assert all(0 <= float(point.split(",")[1]) <= HEIGHT for point in line.split())
    assert chart.equity.split()[0] == chart.hold.split()[0]


def test_the_levels_are_round_numbers_and_few() -> None:
    chart = draw(path(9_950.5, 10_420.25))
    assert chart
    assert [tick.label for tick in chart.levels] == ["10,000", "10,100", "10,200", "10,300", "10,400"]


@pytest.mark.parametrize(
    ("step_us", "labels"),
    [
        (1_000_000, ["00:00:01", "00:00:02", "00:00:03", "00:00:04"]),
        (HOUR_US, ["01:00", "02:00", "03:00", "04:00"]),
        (24 * HOUR_US, ["02 Jan", "03 Jan", "04 Jan", "05 Jan"]),
    ],
)
def test_the_time_axis_is_marked_at_round_instants(step_us: int, labels: list[str]) -> None:
    chart = draw(path(1, 2, 3, 4, 5, step_us=step_us))
    assert chart
    assert [tick.label for tick in chart.times] == labels


def test_equity_that_does_not_move_is_a_line_in_the_middle() -> None:
    chart = draw(path(100, 100))
    assert chart
    assert len({point.split(",")[1] for point in chart.equity.split()}) == 1
    assert chart.levels


def test_before_there_is_money_nothing_is_drawn() -> None:
    chart = draw(path(0, 0, 100, 110))
    assert chart
    assert len(chart.equity.split()) == 2
    assert draw(path(0, 0, 100)) is None
    assert draw(path()) is None


def test_money_that_is_paid_in_later_does_not_move_the_curve() -> None:
    edges, paid_in = (0, HOUR_US, 2 * HOUR_US), (D(100), D(900), D(0))
    curve = Curve(edges, (D(100), D(1_000), D(990)), paid_in)
    chart = draw(Path(curve, Curve(edges, (D(100), D(1_000), D(1_010)), paid_in)))
    assert chart
    first, second, third = (float(point.split(",")[1]) for point in chart.equity.split())
    assert first == second < third
    assert all(985 < float(tick.label.replace(",", "")) < 1_015 for tick in chart.levels)


def test_debt_is_drawn_below_zero() -> None:
    chart = draw(path(10, -10))
    assert chart
    assert [tick.label for tick in chart.levels] == ["−10", "−5", "0", "5", "10"]
