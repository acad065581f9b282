"""`chandler tiers`: what has left the database, by which policy, and where it is."""
