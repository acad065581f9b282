"""ohlcv_data -> signals -> trades, positions: one replica of the fleet that runs the strategies."""
