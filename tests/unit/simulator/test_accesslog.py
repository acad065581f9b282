from simulator.accesslog import AccessLog


def filled(count: int, kept: int) -> AccessLog:
    log = AccessLog(kept)
    for number in range(1, count + 1):
        log.add(number, "GET", f"/{number}", "", 200, None)
    return log


def test_a_reader_gets_what_is_new_since_the_number_it_knows() -> None:
    assert [entry["path"] for entry in filled(5, kept=10).since(3)] == ["/4", "/5"]
    assert filled(5, kept=10).since(5) == []


def test_only_the_newest_entries_are_kept_and_their_numbers_go_on() -> None:
    assert [entry["n"] for entry in filled(7, kept=3).since(0)] == [5, 6, 7]
    assert [entry["n"] for entry in filled(7, kept=3).since(6)] == [7]


def test_a_reader_can_take_a_few_at_a_time() -> None:
    assert [entry["n"] for entry in filled(7, kept=5).since(0, 2)] == [3, 4]
    assert [entry["n"] for entry in filled(7, kept=5).since(4, 2)] == [5, 6]
