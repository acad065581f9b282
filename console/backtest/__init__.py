"""`chandler backtest`: a strategy over history, once, over a grid of parameters, or walking forward."""
