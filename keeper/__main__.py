"""`python -m keeper`."""

import sys

from keeper.main import main

sys.exit(main())
