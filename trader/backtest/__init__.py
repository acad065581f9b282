"""The trader over history: the same cycle, risk, paper broker and books, as fast as memory allows."""
