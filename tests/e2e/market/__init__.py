"""The drill of the market data: three simulated exchanges, sixty series, faults of every kind."""
