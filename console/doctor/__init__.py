"""`chandler doctor`: looks at everything there is, changes nothing, and says what to do."""
