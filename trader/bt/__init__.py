"""All that speaks backtrader: its feed, strategies of ours inside it, and strategies of its own in a trader."""
