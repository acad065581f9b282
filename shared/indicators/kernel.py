"""What an indicator is: a function that goes on from a state, row by row."""

from collections.abc import Callable, Mapping, MutableSequence
from dataclasses import dataclass

#: A column, or a state: a NumPy array when compiled, a list when not.
Values = MutableSequence[float]


@dataclass(frozen=True)
class Kernel:
    """One indicator: `run(*inputs, *parameters, state, *outputs)` and what it takes and gives.

    `run` is plain Python that imports nothing but math. It goes on from `state` over the rows of the inputs and writes
    a value of each output a row, NaN where there is none yet. A state is a flat vector of floats, all 0.0 before the
    first row; `state[0]` counts the rows seen. The same function is compiled for long columns, without any licence to
    change the order of operations: both forms give the same bits. So it may raise nothing (every division is guarded)
    and calls no other function of ours.

    It sees finite numbers only. A row with NaN or infinity in an input is the caller's: NaN in every output, and the
    indicator starts anew after it, on a state of 0.0 throughout (`over` and `Running` do that).
    """

    run: Callable[..., None]
    #: Of timestamp (ms), open, high, low, close, volume.
    inputs: tuple[str, ...]
    #: The first is the one meant when a spec names none.
    outputs: tuple[str, ...]
    #: Name -> default, in the order a spec gives them; one whose default is an int takes whole numbers from 1.
    parameters: Mapping[str, float]
    #: How many floats the state has, for these parameters; ValueError if they don't fit together.
    size: Callable[..., int]
