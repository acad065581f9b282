"""The page, served on a free port."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

import httpx
import uvicorn

from console.web.app import create_app
from console.web.source import Source
from shared.database import Database


@contextmanager
def served(database: Database) -> Iterator[httpx.Client]:
    """A client that speaks HTTP to it."""
    app = create_app(Source(database, {}), "127.0.0.1")
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", ws="none", server_header=False))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", trust_env=False) as opened:
                yield opened
        finally:
            server.should_exit = True
            thread.join()
