"""The web page: read-only, server-rendered, no word to any other host."""

from console.web.server import serve

__all__ = ["serve"]
