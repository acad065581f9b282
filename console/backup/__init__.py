"""`chandler backup`: taking backups, listing them, and whether they are whole."""
