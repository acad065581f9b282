"""An exchange in a process: REST and WebSocket as Binance speaks them, on random walks or on a replayed file.

It is a tool of its own: it imports no other package of the project, and none imports it.
"""
