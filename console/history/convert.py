"""`chandler history convert`: an old pickle cache into a file of candles. The one place where anything is unpickled.

Reading a pickle runs whatever code it holds. So it is read in a process of its own, which has no configuration, no
keys in its environment and no database; what it leaves is a file, which `chandler candles import` trusts as little
as any other.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from shared.errors import StopError
from shared.files import file_format

_SECONDS = 600


def convert(pickle: Path, out: Path, *, trusted: bool, replace: bool) -> int:
    """Write the candles of a pickle as Parquet or Feather, by the name of `out`, as they stand in it.

    StopError unless its owner says that it is to be trusted; if it holds no table of candles; if `out` exists.
    """
    if not trusted:
        raise StopError(
            f"{pickle}: reading a pickle runs the code in it, whoever wrote that; if it is your own file, say so with"
            " --i-trust-this-file"
        )
    if not pickle.is_file():
        raise StopError(f"there is no file {pickle}")
    if out.exists() and not replace:
        raise StopError(f"{out} exists; --replace writes it anew")
    kind = file_format(out, None)
    if kind == "csv":
        raise StopError(f"{out}: convert writes .parquet or .feather, which keep every number to the bit")
    _in_a_process_of_its_own(pickle, out, kind)
    print(f"{out} is written; take it in with `chandler candles import {out} --exchange ... --symbol ...`")
    return 0


def _in_a_process_of_its_own(pickle: Path, out: Path, kind: str) -> None:
    reader = Path(__file__).with_name("unpickle.py")
    unfinished = out.resolve().with_name(f".{out.name}.part")
    with tempfile.TemporaryDirectory() as empty:
        command = [sys.executable, "-I", str(reader), str(pickle.resolve()), str(unfinished), kind]
        try:
            done = subprocess.run(  # noqa: S603 - our own reader, in isolated mode, with an empty environment
                command,
                cwd=empty,
                env={},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=_SECONDS,
            )
            if done.returncode:
                told = done.stderr.strip().splitlines()[-1:] or [f"it ended with {done.returncode}"]
                raise StopError(f"{pickle} could not be converted: {told[0][:300]}")
            unfinished.replace(out)
        except subprocess.TimeoutExpired:
            raise StopError(f"{pickle} could not be converted within {_SECONDS} s") from None
        finally:
            unfinished.unlink(missing_ok=True)
