"""Who keeps the WAL long: what the kernel's list of locks says, and how a person is told."""

import pytest

from keeper.wal import brief, lock_holders, told

#: Lines as the kernel writes them (proc_locks(5)): two readers of the file 77, its writer, readers of another file.
LOCKS = """\
1: POSIX  ADVISORY  READ 4242 00:3f:77 124 124
2: POSIX  ADVISORY  READ 4243 00:3f:77 127 128
3: POSIX  ADVISORY  READ 4244 00:3f:77 128 128
4: POSIX  ADVISORY  WRITE 4245 00:3f:77 120 120
5: POSIX  ADVISORY  READ 4246 00:3f:78 124 124
5: -> POSIX  ADVISORY  READ 4248 00:3f:77 124 124
6: FLOCK  ADVISORY  WRITE 4247 00:3f:77 0 EOF
7: POSIX  ADVISORY  READ 4249 00:3f:77 1073741826 1073742335
8: POSIX  ADVISORY  READ 0 00:3f:77 124 124
"""


def test_only_who_is_in_a_read_transaction_on_that_file_counts() -> None:
    assert lock_holders(LOCKS, 77) == {4242, 4243}
    assert lock_holders(LOCKS, 79) == set()


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        (["/usr/bin/python3", "-m", "trader", ""], "python3 -m trader"),
        (["sqlite3", "data/trading.db"], "sqlite3 data/trading.db"),
        (["/opt/tool", "--password=hunter2", "x"], "tool x"),
        (["tool", "postgresql://me:hunter2@host/db"], "tool"),
        (["python", "-c", "import os\nkey = 'hunter2'"], "python -c"),
        ([""], "unnamed"),
    ],
)
def test_a_process_is_named_by_its_program_and_never_by_what_may_be_a_secret(words: list[str], shown: str) -> None:
    assert brief(words) == shown


def test_a_person_is_told_how_long_the_wal_is_who_keeps_it_and_what_to_do() -> None:
    text = told(300_000_000, 256_000_000, 42.4, {4242: "python -m notebook"})
    assert "300 MB long (keeper.wal_megabytes: 256), and for 42 s" in text
    assert "process 4242 (python -m notebook)" in text
    assert "end them" in text


def test_a_reader_in_another_container_is_told_of_as_far_as_it_is_known() -> None:
    assert "none that is seen from here" in told(2, 1, 30, {})
