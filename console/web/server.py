"""Serves the page until SIGTERM."""

import signal
import socket
from threading import Event, Thread

import uvicorn

from console.web.app import create_app
from console.web.source import Source
from shared.config import ConsoleSettings, Settings
from shared.database import open_database, require_current, slow_of
from shared.errors import ChandlerError, StopError
from shared.flag import flag_file
from shared.health import report
from shared.logs import start_logging
from shared.run import running

_REPORT_SECONDS = 10


def serve(settings: Settings) -> int:
    """Serve the configured database's page; 0 after a clean stop."""
    log = start_logging("console", settings.logs.level, as_json=settings.logs.as_json)
    asked = settings.database
    database = open_database(
        settings.database_url(),
        "full",
        asked.busy_timeout_ms,
        asked.readers,
        slow_of(asked),
        query_timeout_ms=asked.query_timeout_ms,
        cache_megabytes=asked.cache_megabytes,
    )
    stop = Event()
    try:
        require_current(database)
        source = Source(database, settings.clock_limits(), flag_file(settings.paths.data), settings.paths.archive)
        with _listening(settings.console) as listener, running(settings.paths.data, "console", database):
            Thread(target=_report_health, args=(source, stop), name="health", daemon=True).start()
            log.info("console started", url=f"http://{settings.console.host}:{settings.console.port}")
            _run(uvicorn.Server(_options(source, settings.console)), listener)
        log.info("console stopped")
    finally:
        stop.set()
        database.close()
    return 0


def _run(server: uvicorn.Server, listener: socket.socket) -> None:
    """Uvicorn raises the signal that stopped it once more when it is done; here that is a clean end."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    server.run(sockets=[listener])


def _options(source: Source, settings: ConsoleSettings) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(source, settings.host),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
        lifespan="off",
        ws="none",
    )


def _listening(settings: ConsoleSettings) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        return socket.create_server((settings.host, settings.port), family=family)
    except OSError as error:
        where = f"{settings.host}:{settings.port}"
        raise StopError(
            f"can't listen on {where}: {error.strerror}; set CHANDLER_CONSOLE__PORT to a free one"
        ) from None


def _report_health(source: Source, stop: Event) -> None:
    while not stop.is_set():
        try:
            picture = source.picture()
        except ChandlerError as error:
            report(False, str(error))
        else:
            report(
                True, f"{len(picture.overview.series)} series and {len(picture.overview.strategies)} strategies read"
            )
        stop.wait(_REPORT_SECONDS)
