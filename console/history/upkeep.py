"""`chandler history clear` and `verify`: the fast copies, which may go at any time and must never be wrong."""

import json

from console import words
from console.candles.account import Choice
from console.candles.tables import size
from console.history.place import chosen, place_of
from shared.config import Settings
from shared.history import upkeep


def clear(settings: Settings, choice: Choice) -> int:
    """Remove the fast copies of the chosen series; whoever reads a month next makes its copy again."""
    with place_of(settings) as place, place.database.read() as connection:
        cleared = [upkeep.clear(place, series) for series in chosen(connection, choice)]
    removed, freed = (sum(each) for each in zip((0, 0), *cleared, strict=True))
    print(f"{words.several(removed, 'copy', 'copies')} removed, {size(freed)}; no candle was in them alone")
    return 0


def verify(settings: Settings, choice: Choice, *, as_json: bool) -> int:
    """Hold every fast copy against its month, and what can be read against the bookkeeping; 1 if anything differs.

    A copy that differs is removed. `chandler archive verify` looks at the months' files themselves.
    """
    with place_of(settings) as place:
        with place.database.read() as connection:
            series = chosen(connection, choice)
        wrong = [told for each in series for told in upkeep.complaints(place, each)]
    if as_json:
        print(json.dumps(wrong, indent=2))
    else:
        print("\n".join(wrong) or f"{words.several(len(series), 'series', 'series')}: everything adds up")
    return 1 if wrong else 0
