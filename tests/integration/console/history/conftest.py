"""The simulator and the place of the backfiller's tests: these commands work on what a backfiller has left."""

from tests.integration.backfiller.conftest import place, simulate

__all__ = ["place", "simulate"]
