"""From the exchanges into `ohlcv_data`: history, gap repair and the present."""
