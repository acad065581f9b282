"""What the exchange trades: instruments, their candles, and the rendered pages of them."""
