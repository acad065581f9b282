"""The trader against an exchange that has an account, killed at every step."""
