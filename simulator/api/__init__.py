"""What every dialect shares: the control endpoints, the WebSockets' keeping, JSON answers."""
