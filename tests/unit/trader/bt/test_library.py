"""How backtrader is imported."""

import subprocess
import sys

SCRIPT = """
import sys
from trader.bt.library import bt
assert not {"talib", "pandas", "polars"} & set(sys.modules), "TA-Lib came along"
assert bt.talib.RSI.__name__ == "RSI"
assert "talib" in sys.modules
try:
    bt.talib.NONSENSE
except AttributeError:
    print("ok")
"""


def test_ta_lib_stays_out_until_somebody_uses_it() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], check=False, capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("ok\n", "")


def test_no_trader_imports_backtrader_unless_a_strategy_asks_for_it() -> None:
    script = (
        "import sys\nfrom pathlib import Path\nimport trader.main\nfrom trader.loading import find\n"
        "find('ema_cross', Path('nowhere'))\nprint('backtrader' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout == "False\n"
