"""What a client can ask: public market data, the signed endpoints, the streams, and the control endpoints."""
