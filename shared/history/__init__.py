"""Candles over any range, whether they are still in the database or in the archive."""
