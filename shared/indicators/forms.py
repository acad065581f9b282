"""Indicators of the catalogue by name, `macd.histogram:12,26,9`, in two forms: over columns, and candle by candle."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from math import isfinite, nan
from typing import NamedTuple

import numpy as np

from shared.indicators.catalogue import KERNELS
from shared.indicators.compiled import compiled, pays
from shared.indicators.kernel import Kernel
from shared.market.frame import Column, Frame

_CANDLE = ("timestamp", "open", "high", "low", "close", "volume")
_LARGEST = 1_000_000
_NUMBER = re.compile(r"([0-9]+\.?[0-9]*|\.[0-9]+)(e-?[0-9]+)?")

#: Columns by name; a frame, or what a caller has.
Columns = Frame | Mapping[str, Column]


class Run(NamedTuple):
    """Rows computed from `begin` to before `end`, of which those from `keep` on are shown."""

    begin: int
    keep: int
    end: int


@dataclass(frozen=True)
class Named:
    """A kernel with its parameters, and the one of its outputs that is meant: an Indicator of a frame."""

    name: str
    parameters: tuple[float, ...]
    output: str

    @property
    def kernel(self) -> Kernel:
        """What is computed."""
        return KERNELS[self.name]

    @property
    def place(self) -> int:
        """Where the output stands among the kernel's."""
        return self.kernel.outputs.index(self.output)

    @property
    def size(self) -> int:
        """How many floats its state has."""
        return int(self.kernel.size(*self.parameters))

    @property
    def run(self) -> tuple[str, tuple[float, ...]]:
        """Two with the same run are two outputs of one computation."""
        return self.name, self.parameters

    def __call__(self, frame: Frame) -> Column:
        """The column, NaN where it is not defined yet."""
        return over(frame, self)[self.place]


def named(spec: str) -> Named:
    """`NAME[.OUTPUT][:NUMBER,...]`; numbers left out are the defaults. ValueError says what is wrong with it."""
    head, colon, arguments = spec.partition(":")
    name, dot, output = head.partition(".")
    if name not in KERNELS:
        raise ValueError(f"no indicator is called {name!r}; there are {', '.join(sorted(KERNELS))}, and ta:MODULE.NAME")
    kernel = KERNELS[name]
    if (dot and output not in kernel.outputs) or (colon and not arguments):
        raise ValueError(f"{name} is written {usage(name)}, its outputs are {', '.join(kernel.outputs)}")
    texts = arguments.split(",") if arguments else []
    if len(texts) > len(kernel.parameters):
        raise ValueError(f"{name} takes {', '.join(kernel.parameters) or 'no numbers'}; {arguments!r} is too much")
    pairs = zip_longest(kernel.parameters.items(), texts)
    parameters = tuple(default if text is None else _number(text, key, default) for (key, default), text in pairs)
    kernel.size(*parameters)
    return Named(name, parameters, output or kernel.outputs[0])


def usage(name: str) -> str:
    """How its spec is written, with the defaults: `macd[.OUTPUT]:12,26,9`."""
    kernel = KERNELS[name]
    numbers = ",".join(f"{default:g}" for default in kernel.parameters.values())
    return f"{name}{'[.OUTPUT]' if len(kernel.outputs) > 1 else ''}{':' if numbers else ''}{numbers}"


def over(columns: Columns, spec: str | Named, runs: Sequence[Run] | None = None) -> tuple[Column, ...]:
    """All outputs of an indicator for every row, NaN where not defined; compiled where the length repays it.

    A row with NaN or infinity among the inputs has no value, and the indicator starts anew after it. `runs`, one after
    the other over all rows, says where else it starts anew; without them it runs from the first row to the last.
    """
    wanted = spec if isinstance(spec, Named) else named(spec)
    inputs = tuple(_input(columns, name) for name in wanted.kernel.inputs)
    stretches, rows = _finite(inputs), len(inputs[0])
    pieces = list(_pieces([Run(0, 0, rows)] if runs is None else runs, stretches))
    outputs = tuple(np.empty(rows) if pieces == [(0, rows)] else np.full(rows, nan) for _ in wanted.kernel.outputs)
    compute = _compiled if pays(sum(end - begin for begin, end in pieces)) else _plain
    for begin, end in reversed(pieces):  # so that each overwrites what the one after it has computed before its own
        compute(wanted, [column[begin:end] for column in inputs], [column[begin:end] for column in outputs])
    return outputs


class Running:
    """An indicator that goes on candle by candle: the same bits as `over` gives for the rows so far."""

    def __init__(self, spec: str | Named) -> None:
        """At its beginning. ValueError if the spec is wrong."""
        self.named = spec if isinstance(spec, Named) else named(spec)
        kernel = self.named.kernel
        self._run, self._places = kernel.run, [_CANDLE.index(name) for name in kernel.inputs]
        self._size, self._outputs = self.named.size, len(kernel.outputs)
        #: All that it remembers: put back, it goes on from there.
        self.state = [0.0] * self._size

    def update(
        self,
        timestamp: float,
        open: float,  # noqa: A002
        high: float,
        low: float,
        close: float,
        volume: float,
    ) -> tuple[float, ...]:
        """Take in the next closed candle, its open time in ms; its value of each output, NaN where not defined."""
        candle = (timestamp, open, high, low, close, volume)
        inputs = [[float(candle[place])] for place in self._places]
        if not all(isfinite(value) for (value,) in inputs):
            self.state = [0.0] * self._size
            return (nan,) * self._outputs
        outputs = [[nan] for _ in range(self._outputs)]
        self._run(*inputs, *self.named.parameters, self.state, *outputs)
        return tuple(value for (value,) in outputs)


def _number(text: str, name: str, default: float) -> float:
    number = float(text) if _NUMBER.fullmatch(text) else 0.0
    if not 0 < number <= _LARGEST:
        raise ValueError(f"{name} is a number above 0 and up to {_LARGEST:,}, not {text!r}")
    if not isinstance(default, int):
        return number
    if not number.is_integer():
        raise ValueError(f"{name} is a whole number, not {text!r}")
    return int(number)


def _input(columns: Columns, name: str) -> Column:
    found = columns.timestamps if name == "timestamp" and isinstance(columns, Frame) else columns[name]
    return np.ascontiguousarray(found, dtype=np.float64)


def _finite(inputs: Sequence[Column]) -> list[tuple[int, int]]:
    """The stretches of rows, from and to before, in which all inputs are finite."""
    if all(
        isfinite(np.einsum("i->", column)) for column in inputs
    ):  # a sum without BLAS's threads and np.sum's warnings
        return [(0, len(inputs[0]))]
    finite = np.logical_and.reduce([np.isfinite(column) for column in inputs])
    edges = np.flatnonzero(np.diff(np.concatenate(([False], finite, [False])).astype(np.int8)))
    return [(int(start), int(end)) for start, end in edges.reshape(-1, 2)]


def _pieces(runs: Iterable[Run], stretches: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Each run, cut where rows are not finite; what is not shown of it may be left out."""
    ends = [end for _, end in stretches]
    for begin, keep, end in runs:
        for start, stop in stretches[bisect_right(ends, keep) :]:
            if start >= end:
                break
            yield max(begin, start), min(end, stop)


def _compiled(wanted: Named, inputs: Sequence[Column], outputs: Sequence[Column]) -> None:
    compiled(wanted.name)(*inputs, *wanted.parameters, np.zeros(wanted.size), *outputs)


def _plain(wanted: Named, inputs: Sequence[Column], outputs: Sequence[Column]) -> None:
    lists = [[nan] * len(inputs[0]) for _ in outputs]
    wanted.kernel.run(*(column.tolist() for column in inputs), *wanted.parameters, [0.0] * wanted.size, *lists)
    for column, values in zip(outputs, lists, strict=True):
        column[:] = values
