"""When to ask REST about what is in doubt. Pure: who may ask is decided here, the asking is done elsewhere."""

from dataclasses import dataclass

_FIRST_PAUSE, _SILENT_PAUSE, _LONGEST_PAUSE = 1.0, 30.0, 5.0

#: One-second candles that close within so long share a request: without a stream a series would spend one on each.
_TOGETHER = 3.0


@dataclass
class Allowance:
    """A share of the exchange's requests that doubts may spend: so many a second, saved up for so many seconds."""

    rate: float
    seconds: float = 2.0
    _left: float = 1.0
    _at: float | None = None

    def take(self, now: float) -> bool:
        """Whether one more request is allowed at this moment of the monotonic clock; if so, it is spent."""
        passed = 0.0 if self._at is None else now - self._at
        self._at, self._left = now, min(max(1.0, self.rate * self.seconds), self._left + passed * self.rate)
        if self._left < 1:
            return False
        self._left -= 1
        return True


@dataclass
class Patience:
    """How long a series' doubts wait until they are asked about again.

    Each answer that tells nothing new doubles the pause. A candle that has come due since the last request does not
    wait for that, unless the stream is there and has shown nothing of it: then in all likelihood nobody traded.
    """

    until: int = 0
    asked_at: float = float("-inf")
    pause: float = _TOGETHER

    def is_over(self, end: int, now: float, *, lively: bool, shown: bool) -> bool:
        """Whether to ask now; `end` is where the doubt ends (ms), `shown` whether the stream showed some of it."""
        waited = now - self.asked_at
        return waited >= self.pause or (waited >= _TOGETHER and end > self.until and (shown or not lively))

    def asked(self, end: int, now: float) -> None:
        """A request about everything before `end` goes out."""
        self.until, self.asked_at = end, now

    def told(self, *, news: bool, silent: bool) -> None:
        """It was answered, or failed; `silent`: the stream is there, and like REST it shows nothing of the doubt."""
        if news:
            self.pause = _TOGETHER
        elif silent:
            self.pause = _SILENT_PAUSE
        else:
            self.pause = _FIRST_PAUSE if self.pause == _TOGETHER else min(self.pause * 2, _LONGEST_PAUSE)
