"""A simulated exchange in a process of its own, and a place for a backfiller that fetches from it."""

from tests.integration.backfiller.conftest import place, simulate

__all__ = ["place", "simulate"]
