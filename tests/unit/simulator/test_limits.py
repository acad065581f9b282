from simulator.limits import FIRST_BAN_MS, TOLERATED, Bucket, Refusal, Usage, charge, take, used_more, weight


def spend(usage: Usage, times: int, now_ms: int, limit: int = 10) -> tuple[Usage, Refusal | None]:
    refusal = None
    for _ in range(times):
        usage, refusal = charge(usage, 1, limit, now_ms)
    return usage, refusal


def test_the_limit_itself_may_be_used_and_what_exceeds_it_waits_for_the_next_minute() -> None:
    usage, refusal = spend(Usage(), 10, now_ms=90_000)
    assert refusal is None
    usage, refusal = charge(usage, 1, 10, 90_000)
    assert refusal == Refusal(429, 120_000)
    assert charge(usage, 1, 10, 120_000)[1] is None


def test_whoever_goes_on_after_429_is_banned() -> None:
    usage, refusal = spend(Usage(), 10 + TOLERATED, now_ms=0)
    assert refusal == Refusal(429, 60_000)
    assert charge(usage, 1, 10, 0)[1] == Refusal(418, FIRST_BAN_MS)


def test_a_ban_that_is_ignored_doubles() -> None:
    usage, _ = spend(Usage(), 10 + TOLERATED + 1, now_ms=0)
    assert charge(usage, 1, 10, 70_000)[1] == Refusal(418, 70_000 + 2 * FIRST_BAN_MS)


def test_a_ban_that_is_heeded_ends() -> None:
    usage, _ = spend(Usage(), 10 + TOLERATED + 1, now_ms=0)
    assert charge(usage, 1, 10, FIRST_BAN_MS)[1] is None


def test_without_a_limit_nothing_is_refused() -> None:
    assert spend(Usage(), 1000, now_ms=0, limit=0)[1] is None


def test_asking_for_all_symbols_weighs_more_than_asking_for_one() -> None:
    assert weight("GET", "/api/v3/ticker/24hr", with_symbol=True) == 2
    assert weight("GET", "/api/v3/ticker/24hr", with_symbol=False) == 80
    assert weight("GET", "/api/v3/time", with_symbol=False) == 1


def test_another_program_s_use_counts_until_the_minute_is_over() -> None:
    usage = used_more(Usage(), 90, 0)
    usage, refusal = charge(usage, 20, 100, 1_000)
    assert (usage.used, refusal and refusal.status) == (110, 429)
    assert used_more(usage, 5, 60_000).used == 5


def test_a_bucket_lets_its_size_through_at_once_and_then_what_time_allows() -> None:
    bucket: Bucket | None = None
    answers = []
    for now_ms in (0, 0, 0, 0, 500, 1_000, 1_000):
        bucket, through = take(bucket, 1.0, 3.0, now_ms)
        answers.append(through)
    assert answers == [True, True, True, False, False, True, False]


def test_a_bucket_never_holds_more_than_its_size() -> None:
    bucket, _ = take(None, 1.0, 3.0, 0)
    bucket, _ = take(bucket, 1.0, 3.0, 3_600_000)
    assert bucket.calls == 2
