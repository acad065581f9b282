"""A line of prices."""

from console.web.sparkline import HEIGHT, WIDTH, points


def test_the_line_spans_the_picture_with_the_highest_price_on_top() -> None:
    assert points([1.0, 3.0, 2.0]) == f"0.0,{HEIGHT - 2:.1f} {WIDTH / 2:.1f},2.0 {WIDTH:.1f},{HEIGHT / 2:.1f}"


def test_a_price_that_never_moves_is_a_level_line() -> None:
    assert {point.split(",")[1] for point in points([5.0] * 4).split()} == {f"{HEIGHT - 2:.1f}"}


def test_one_price_is_no_line() -> None:
    assert points([1.0]) == ""
