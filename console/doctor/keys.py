"""What the keys may do: each exchange is asked, so this needs the network."""

import asyncio
from collections.abc import Iterator

from console.doctor.finding import Finding, Subject, failure, ok, warning
from shared.config import ExchangeSettings
from shared.errors import ChandlerError, RetryError

_SECONDS = 15


def keys(subject: Subject) -> Iterator[Finding]:
    """A key that may withdraw is a failure: nothing here ever needs it."""
    given = {name: each for name, each in subject.settings.exchanges.items() if each.key and each.secret}
    if not given:
        yield ok("none is configured, and paper trading needs none")
    for name, settings in given.items():
        yield asyncio.run(_look(name, settings))


async def _look(name: str, settings: ExchangeSettings) -> Finding:
    from shared.exchange import check_key, open_client  # noqa: PLC0415 - loads ccxt, and nobody else here needs it

    client = open_client(name, settings, trading=True)
    try:
        async with asyncio.timeout(_SECONDS):
            await check_key(client, accept_unknown=settings.unknown_permissions)
    except (RetryError, TimeoutError) as error:
        why = str(error) or f"no answer within {_SECONDS} s"
        return warning(f"{name} could not be asked: {why}", "try again with a network that reaches it")
    except ChandlerError as error:
        told, _, todo = str(error).partition("; ")
        return failure(told, todo or "look at the key on the exchange's page")
    finally:
        await client.close()
    return ok(f"{name}: it may trade and not withdraw")
