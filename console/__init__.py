"""What an operator touches: the `chandler` command, the demo and the web page."""
