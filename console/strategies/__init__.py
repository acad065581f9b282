"""`chandler strategies`: what strategies there are, and whether they are fit to trade."""
