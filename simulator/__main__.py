"""`python -m simulator`: run one exchange until SIGTERM or SIGINT."""

import asyncio
import logging
import signal
import sys

from aiohttp import web

from simulator.api.dialect import Dialect
from simulator.app import application
from simulator.options import DIALECTS, exchange_from, parser

log = logging.getLogger("simulator")


async def serve(dialect: Dialect, host: str, port: int) -> None:
    """Listen, say where, and stop on a signal."""
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    runner = web.AppRunner(application(dialect), access_log=None, shutdown_timeout=0.2)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    bound = runner.addresses[0]
    log.info("simulator: http://%s:%d serves %s", bound[0], bound[1], ", ".join(dialect.exchange.markets))
    await stopping.wait()
    await runner.cleanup()


def main() -> int:
    given = parser().parse_args()
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    try:
        dialect = DIALECTS[given.dialect].made(exchange_from(given))
        asyncio.run(serve(dialect, given.host, given.port))
    except (ValueError, OSError) as error:
        log.error("simulator: %s", error)  # noqa: TRY400  the message is for the operator, not the trace
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
