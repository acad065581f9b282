"""The archive: months of candles that are complete, each in a file of its own that is never changed again."""
