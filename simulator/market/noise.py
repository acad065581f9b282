"""Random numbers that are a pure function of (key, index), so that any stretch of a walk can be had at once."""

from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[Any]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)
_TO_UNIT = 2.0**-53


def key_of(*names: object) -> np.uint64:
    """A 64-bit key that depends on every name, the same on every machine."""
    text = "/".join(map(str, names)).encode()
    return np.uint64(int.from_bytes(blake2b(text, digest_size=8).digest(), "big"))


def uniform(key: np.uint64, index: Integers) -> Floats:
    """One number in [0, 1) per index: SplitMix64 (Steele, Lea and Flood 2014) used as a counter-based hash."""
    mixed = index.astype(np.uint64) * _GOLDEN + key
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX_1
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX_2
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) * _TO_UNIT


def interpolate(height: Floats, first: int, count: int, period: int) -> Floats:
    """Straight lines between `height`, one knot every `period` from the one at or before `first`; `count` values.

    Only additions and multiplications: each value is the same to the bit whatever stretch it is asked with.
    """
    index = np.arange(first, first + count)
    left = index // period - first // period
    share = (index % period) * (1.0 / period)
    return height[left] + share * (height[left + 1] - height[left])


def knots(first: int, count: int, period: int) -> Integers:
    """The numbers of the knots that `interpolate` needs for that stretch."""
    return np.arange(first // period, (first + count - 1) // period + 2)


def value_noise(key: np.uint64, first: int, count: int, period: int, pinned_every: int = 0) -> Floats:
    """Lines between random knots in [-1, 1); with `pinned_every` the knots at its multiples are zero."""
    knot = knots(first, count, period)
    height = 2.0 * uniform(key, knot) - 1.0
    return interpolate(_pinned(height, knot, period, pinned_every), first, count, period)


def swing(key: np.uint64, first: int, count: int, period: int, pinned_every: int = 0) -> Floats:
    """Lines between knots that go up and down in turn, each by a random 0.4 to 1."""
    knot = knots(first, count, period)
    height = (0.4 + 0.6 * uniform(key, knot)) * (1.0 - 2.0 * (knot % 2))
    return interpolate(_pinned(height, knot, period, pinned_every), first, count, period)


def _pinned(height: Floats, knot: Integers, period: int, every: int) -> Floats:
    return np.where(knot % (every // period) == 0, 0.0, height) if every else height
