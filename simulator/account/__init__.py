"""The one account of the exchange: signatures, filters, balances, orders and their matching."""
