"""Whatever is written, moved, packed and thawed in whatever order: readers see every row once, in order."""

from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from shared.archive import Month
from shared.tiers import AGED, files_of, thaw, tidy, verify
from tests.integration.shared.tiers.aged import DAY_US, EVERYTHING, NOW_US, TABLES, Books, aged_books, write_day


class Ageing(RuleBasedStateMachine):
    """Time goes on by some days with each step; the model is a plain list of all rows ever written."""

    def __init__(self) -> None:
        super().__init__()
        self.place = TemporaryDirectory()
        self.books: Books = aged_books(Path(self.place.name), days=1, rows=4)
        self.now_us = NOW_US
        self.written = self.books.everything()

    def teardown(self) -> None:
        self.books.desk.database.close()
        self.place.cleanup()

    @rule(days=st.integers(1, 40), back=st.integers(0, 3))
    def write(self, days: int, back: int) -> None:
        """The clock may have been set back by some days since."""
        self.now_us += days * DAY_US
        write_day(self.books.desk, self.now_us - back * DAY_US + days, rows=4)
        with_new = self.books.everything()
        kept = set(with_new)
        assert all(row in kept for row in self.written)
        self.written = with_new

    @rule(table=st.sampled_from(TABLES))
    def move(self, table: str) -> None:
        self.books.move(table, self.now_us)

    @rule(table=st.sampled_from(TABLES))
    def pack(self, table: str) -> None:
        self.books.pack(table, self.now_us)

    @rule()
    def tidy(self) -> None:
        tidy(self.books.shelf(), self.now_us)

    @rule(table=st.sampled_from(TABLES), data=st.data())
    def thaw(self, table: str, data: st.DataObject) -> None:
        with self.books.desk.database.read() as connection:
            months = sorted({file.month for file in files_of(connection, table)})
        if months:
            month: Month = data.draw(st.sampled_from(months))
            thaw(self.books.shelf(), AGED[table], month, EVERYTHING, self.now_us)

    @invariant()
    def every_row_is_read_once_in_order(self) -> None:
        assert self.books.everything() == self.written

    @invariant()
    def every_file_is_whole(self) -> None:
        assert verify(self.books.desk.database, self.books.archive) == []


Ageing.TestCase.settings = settings(max_examples=12, stateful_step_count=15, deadline=None)
test_any_order_of_writes_moves_and_thaws = Ageing.TestCase
