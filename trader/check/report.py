"""What a check found."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """`is_wrong` fails the check; what is not wrong is only worth knowing."""

    what: str
    text: str
    is_wrong: bool = True


@dataclass(frozen=True)
class Report:
    """A dry run over `candles`: how often it would have bought and sold, and the time of one decision in ms."""

    candles: int
    warm_up: int
    buys: int
    sells: int
    median_ms: float
    longest_ms: float
    findings: tuple[Finding, ...]

    @property
    def is_good(self) -> bool:
        """Whether nothing is wrong."""
        return not any(finding.is_wrong for finding in self.findings)


def failed(finding: Finding, warm_up: int = 0) -> Report:
    """The report on a strategy that did not come to decide."""
    return Report(0, warm_up, 0, 0, 0.0, 0.0, (finding,))
