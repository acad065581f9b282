"""Structured logs: readable on a terminal, one JSON object a line in a container."""

import logging
import sys

import structlog
from structlog.typing import FilteringBoundLogger, Processor

#: A traceback's local variables may hold what a `SecretStr` was unmasked to.
_WITHOUT_LOCALS = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)


def start_logging(service: str, level: str = "info", *, as_json: bool | None = None) -> FilteringBoundLogger:
    """Set up logging for this process, once, in its `main`, and return its logger.

    JSON unless standard error is a terminal. Values that must stay secret are `SecretStr` in the config, whose
    repr is masked; nothing unmasks them on the way here.
    """
    as_json = not sys.stderr.isatty() if as_json is None else as_json
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    last: list[Processor] = (
        [structlog.processors.ExceptionRenderer(_WITHOUT_LOCALS), structlog.processors.JSONRenderer()]
        if as_json
        else [_readable()]
    )
    structlog.configure(
        processors=shared + last,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(handlers=[_HandOn()])
    structlog.contextvars.bind_contextvars(service=service)
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


def _readable() -> Processor:
    """In colours on a terminal alone: cron mails what else it is written to."""
    return structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)


class _HandOn(logging.Handler):
    """What libraries, and modules that know no service, log the standard way: in the same form as all else.

    `extra={"told": {...}}` becomes keys of the line.
    """

    def emit(self, record: logging.LogRecord) -> None:
        told = {"logger": record.name, **getattr(record, "told", {})}
        structlog.get_logger().log(record.levelno, record.getMessage(), exc_info=record.exc_info, **told)
