"""The whole stack as local processes on a simulated exchange, with a live table in the terminal."""

from console.demo.run import run_demo

__all__ = ["run_demo"]
