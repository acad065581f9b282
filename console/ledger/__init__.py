"""`chandler ledger`: whether the books add up, and what a list of fills makes of a position."""
