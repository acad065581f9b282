"""Looks after what is stored: backups, checkpoints, audits, the archive."""
