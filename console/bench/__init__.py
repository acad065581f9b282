"""`chandler bench`: measures on the user's own machine, in a scratch copy that is removed afterwards."""
