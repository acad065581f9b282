"""`python -m console` is the `chandler` command."""

from console.main import app

app(prog_name="chandler")
