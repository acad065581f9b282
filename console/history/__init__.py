"""`chandler history`: what is kept of the past, where, and how it is made more, less or moved."""
