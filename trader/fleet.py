"""This replica's part in the fleet: which strategies it holds, by lease."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from uuid import uuid4

from sqlalchemy import Connection
from structlog.typing import FilteringBoundLogger

from shared import ledger
from shared.clock import boot_us, now_us
from shared.config import StrategySettings
from shared.database import Database, LeaseTime, lease_time
from shared.trading import Lease
from shared.trading.lease import choose, fair_share

_LOOK_US = 1_000_000


def new_owner(host: str) -> str:
    """A name for this process that no other process ever has, not even its own restart."""
    return f"{uuid4().hex[:12]}@{host}"


class Fleet:
    """The leases one process holds among the strategies it is configured to run: its fair share of them.

    It holds no right in memory that the database does not: every write proves its lease again (`ledger.fence`), and
    what is `held` ends by the host's own clock, a term after it was asked for, before the row in the database does.
    """

    def __init__(
        self,
        database: Database,
        wanted: Mapping[str, StrategySettings],
        owner: str,
        lease_seconds: float,
        log: FilteringBoundLogger,
        clock: Callable[[], int] = boot_us,
        lease_time: Callable[[Connection], LeaseTime] = lease_time,
    ) -> None:
        """`wanted` maps strategy_id to its section of the configuration.

        `clock` is the host's own (boot clock), `lease_time` that of the database's rows.
        """
        self.owner = owner
        self.held: dict[str, Lease] = {}
        self._database = database
        self._wanted = wanted
        self._term_us = int(lease_seconds * 1_000_000)
        self._log = log
        self._clock = clock
        self._lease_time = lease_time
        self._asks = False
        self._surplus = 0
        self._renew_at = 0
        self._look_at = 0

    def keep(self, ready: Callable[[Lease], bool]) -> None:
        """Renew what is held, and once a second look around for strategies to claim.

        `ready` is asked before a claim and does what takes time; False if the strategy can't run here.
        """
        self.renew()
        if self._clock() >= self._look_at:
            self._look_at = self._clock() + _LOOK_US
            for lease in self._look():
                self._claim(lease, ready)
                self.renew()

    def renew(self) -> None:
        """Renew all that is held at a third of the term; to be called between any two pieces of work."""
        if self._clock() >= self._renew_at:
            self._renew()

    def drop(self, strategy_id: str) -> None:
        """Forget a lease that was lost."""
        self.held.pop(strategy_id, None)

    def pass_on(self, strategy_id: str) -> bool:
        """Give a lease back if this replica has more than its share and another one asks.

        Only where the strategy can change hands unnoticed: it has just decided on its newest candle, or on none yet.
        """
        if not self._surplus:
            return False
        self._surplus -= 1
        self.give_back(strategy_id)
        self._log.info("lease passed on", strategy_id=strategy_id, owner=self.owner)
        return True

    def give_back(self, strategy_id: str) -> None:
        """Release one lease, so that another replica need not wait for it to run out."""
        self.drop(strategy_id)  # first: where the release fails, it is taken up again when it is renewed
        with self._database.write() as connection:
            ledger.release(connection, self.owner, self._lease_time(connection).now_us, now_us(), strategy_id)

    def leave(self) -> None:
        """Release all leases, and be counted no longer: others take over at their next look."""
        self.held.clear()
        with self._database.write() as connection:
            now, boot = self._lease_time(connection)
            ledger.release(connection, self.owner, now, now_us())
            ledger.leave(connection, self.owner, now, boot)

    def _renew(self) -> None:
        """Of all leases in one statement, and of this replica's own presence."""
        asked = self._clock()
        self._renew_at = asked + self._term_us // 3
        with self._database.write() as connection:
            now, boot = self._lease_time(connection)
            until = now + self._term_us
            kept = ledger.renew(connection, self.owner, now, boot, expires_us=until, now_us=now_us())
            ledger.attend(connection, self.owner, boot, asks=self._asks, expires_us=until, now_us=now_us())
        before, self.held = self.held, {lease.strategy_id: self._since(asked, lease) for lease in kept}
        for strategy_id in before.keys() - self.held.keys():
            self._log.warning("lease lost", strategy_id=strategy_id, owner=self.owner)

    def _look(self) -> list[Lease]:
        """What to claim now; notes whether there is too little here, or too much for what others ask."""
        with self._database.read() as connection:
            leases = ledger.leases_of(connection, ledger.runnable(connection, self._wanted.keys()))
            now, boot = self._lease_time(connection)
            replicas = ledger.replicas_there(connection, now, boot)
        share = fair_share(leases, [each.owner for each in replicas], self.owner, now, boot)
        room = share - len(self.held)
        chosen = choose(leases, max(0, room), self._term_us // 2, now, boot)
        asked = any(each.asks for each in replicas if each.owner != self.owner)
        self._surplus = max(0, -room) if asked else 0
        if self._asks != (room > len(chosen)):
            self._asks = not self._asks
            self._renew()
        return chosen

    def _claim(self, choice: Lease, ready: Callable[[Lease], bool]) -> None:
        if not ready(choice):
            return
        asked = self._clock()
        with self._database.write() as connection:
            if not ledger.is_unchanged(connection, choice):
                return
            now, boot = self._lease_time(connection)
            lease = ledger.claim(connection, choice, self.owner, now + self._term_us, boot, now_us())
        self.held[lease.strategy_id] = self._since(asked, lease)
        self._log.info("lease taken", strategy_id=lease.strategy_id, owner=self.owner, token=lease.token)

    def _since(self, asked: int, lease: Lease) -> Lease:
        """A lease as this host's clock counts it: on a server's, whoever can't reach the server could not."""
        return replace(lease, expires_us=asked + self._term_us)
