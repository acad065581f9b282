"""This replica's part in the fleet: which strategies it holds, by lease."""

from collections.abc import Callable, Mapping
from uuid import uuid4

from structlog.typing import FilteringBoundLogger

from shared import ledger
from shared.clock import boot_id, boot_us, now_us
from shared.config import StrategySettings
from shared.database import Database
from shared.trading import Lease
from shared.trading.lease import choose


def new_owner(host: str) -> str:
    """A name for this process that no other process ever has, not even its own restart."""
    return f"{uuid4().hex[:12]}@{host}"


class Fleet:
    """The leases one process holds among the strategies it is configured to run.

    It holds no right in memory that the database does not: every write proves its lease again (`ledger.fence`).
    """

    def __init__(
        self,
        database: Database,
        wanted: Mapping[str, StrategySettings],
        owner: str,
        lease_seconds: float,
        log: FilteringBoundLogger,
    ) -> None:
        """`wanted` maps strategy_id to its section of the configuration."""
        self.owner = owner
        self.held: dict[str, Lease] = {}
        self._database = database
        self._wanted = wanted
        self._term_us = int(lease_seconds * 1_000_000)
        self._renew_at = 0
        self._look_at = 0
        self._log = log

    def keep(self, ready: Callable[[Lease], bool]) -> None:
        """Renew what is held, and once a second look for a strategy to claim.

        `ready` is asked before a claim and does what takes time; False if the strategy can't run here.
        """
        self.renew()
        now = boot_us()
        if now >= self._look_at:
            self._look_at = now + 1_000_000
            self._claim(ready)

    def renew(self) -> None:
        """Renew all that is held at a third of the term; to be called between any two pieces of work."""
        now = boot_us()
        if self.held and now >= self._renew_at:
            self._renew_at = now + self._term_us // 3
            self._renew(now)

    def drop(self, strategy_id: str) -> None:
        """Forget a lease that was lost."""
        self.held.pop(strategy_id, None)

    def give_back(self, strategy_id: str | None = None) -> None:
        """Release one lease, or all at the end, so that another replica need not wait for it to run out."""
        with self._database.write() as connection:
            ledger.release(connection, self.owner, boot_us(), now_us(), strategy_id)
        if strategy_id is None:
            self.held.clear()
        else:
            self.drop(strategy_id)

    def _renew(self, now: int) -> None:
        with self._database.write() as connection:
            kept = ledger.renew(connection, self.owner, now, boot_id(), expires_us=now + self._term_us, now_us=now_us())
        renewed = {lease.strategy_id: lease for lease in kept}
        for strategy_id in self.held.keys() - renewed.keys():
            self._log.warning("lease lost", strategy_id=strategy_id, owner=self.owner)
        self.held = {name: lease for name, lease in renewed.items() if name in self.held}

    def _claim(self, ready: Callable[[Lease], bool]) -> None:
        choice = self._choice()
        if choice is None:
            return
        if self.held:
            self._renew(boot_us())
        if not ready(choice):
            return
        with self._database.write() as connection:
            if self._choice() != choice:
                return
            expires = boot_us() + self._term_us
            lease = ledger.claim(connection, choice, self.owner, expires, boot_id(), now_us())
        self.held[lease.strategy_id] = lease
        self._log.info("lease taken", strategy_id=lease.strategy_id, owner=self.owner, token=lease.token)

    def _choice(self) -> Lease | None:
        with self._database.read() as connection:
            able = ledger.runnable(connection, self._wanted.keys() - self.held.keys())
            leases = ledger.leases_of(connection, able)
        return choose(leases, len(self.held), self._term_us, boot_us(), boot_id())
