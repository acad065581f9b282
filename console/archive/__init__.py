"""`chandler archive`: what is in the archive, sealing it, and whether it is whole."""
