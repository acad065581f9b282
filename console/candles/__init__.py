"""`chandler candles`: what is stored, what is missing, whether it is true, and the way in and out by file."""
