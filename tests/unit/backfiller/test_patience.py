"""What is in doubt is asked for soon, seldom in vain, and never with all the requests there are."""

from itertools import pairwise

from backfiller.asking import Allowance, Patience


def test_a_doubt_is_asked_about_at_once_and_then_more_and_more_patiently() -> None:
    patience, now, asked = Patience(), 100.0, []
    while now < 130:
        if patience.is_over(60_000, now, lively=False, shown=False):
            asked.append(now)
            patience.asked(60_000, now)
            patience.told(news=False, silent=False)
        now += 0.05
    assert asked[0] == 100.0
    pauses = [later - earlier for earlier, later in pairwise(asked)]
    assert pauses == sorted(pauses)
    assert 4.9 < pauses[-1] < 5.2


def test_without_a_stream_the_next_candle_is_asked_for_as_it_closes() -> None:
    patience = Patience(until=60_000, asked_at=100.0, pause=5.0)
    assert not patience.is_over(60_000, 104.0, lively=False, shown=False)
    assert patience.is_over(120_000, 104.0, lively=False, shown=False)


def test_a_candle_that_a_lively_stream_has_not_shown_can_wait() -> None:
    patience = Patience(until=60_000, asked_at=100.0, pause=30.0)
    assert not patience.is_over(120_000, 104.0, lively=True, shown=False)
    assert patience.is_over(120_000, 104.0, lively=True, shown=True)


def test_where_stream_and_rest_are_silent_alike_nobody_traded_in_all_likelihood() -> None:
    patience = Patience()
    patience.told(news=False, silent=True)
    assert patience.pause == 30.0


def test_after_news_the_first_answer_in_vain_is_soon_followed_by_another_question() -> None:
    patience = Patience(pause=5.0)
    patience.told(news=True, silent=False)
    patience.told(news=False, silent=False)
    assert patience.pause == 1.0


def test_one_second_candles_share_a_request_while_there_is_no_stream() -> None:
    patience, asked = Patience(), []
    for tenth in range(300):
        now, end = tenth / 10, tenth // 10 * 1_000
        if patience.is_over(end, now, lively=False, shown=False):
            asked.append(now)
            patience.asked(end, now)
            patience.told(news=True, silent=False)
    assert len(asked) == 10


def test_sixty_series_that_are_in_doubt_every_second_spend_no_more_than_their_share() -> None:
    allowance = Allowance(rate=10.0)
    spent = sum(allowance.take(second + series / 60) for second in range(60) for series in range(60))
    assert 590 <= spent <= 620
