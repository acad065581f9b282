"""`chandler archive seal`: what the keeper's round does, now."""

import json

from console import words
from console.candles.account import Choice
from console.candles.status import opened
from keeper.archive import Archivist
from shared.candles import series_statuses
from shared.config import Settings
from shared.errors import RepairError
from shared.logs import start_logging


def seal_now(settings: Settings, choice: Choice, *, as_json: bool) -> int:
    """Seal what is complete of the chosen series; 0 if every month that could be sealed was.

    ArchiveBusyError, a message, while a keeper writes the archive.
    """
    log = start_logging("console", "warning", as_json=False)
    settle = {name: int(each.settle_seconds * 1000) for name, each in settings.exchanges.items()}
    done = {}
    with opened(settings) as database:
        archivist = Archivist(database, settings.paths.archive, settle, None, settings.keeper.hot_candles, log)
        with database.read() as connection:
            known = [status.series for status in series_statuses(connection) if status.series in choice]
        for series in known:
            done[series] = archivist.seal(series)
            if done[series] and not as_json:
                print(f"{series}: {words.several(done[series], 'month')} sealed")
    if as_json:
        sealed = [{"series": str(series), "sealed": count} for series, count in done.items()]
        print(json.dumps({"series": sealed, "failed": archivist.complaints}, indent=2))
    elif not any(done.values()) and not archivist.complaints:
        print(
            "nothing to seal: every month that is complete is sealed; one with a gap waits until it is filled"
            " (`chandler history update --from`)"
        )
    if archivist.complaints and not as_json:
        raise RepairError("\n  ".join(["some months could not be sealed:", *archivist.complaints]))
    return 1 if archivist.complaints else 0
