"""`python -m trader`."""

import sys

from trader.main import main

sys.exit(main())
