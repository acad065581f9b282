"""`python -m backfiller`."""

import sys

from backfiller.main import main

sys.exit(main())
