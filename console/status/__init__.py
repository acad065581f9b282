"""`chandler status`: what is collected, what strategies hold and earned, and how what is stored is looked after."""
