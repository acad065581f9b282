"""What a user's strategy looks like, and how its parameters are checked."""

from collections.abc import Mapping

import pytest
from pydantic import Field, ValidationError

from shared.market import Frame
from shared.trading import Position, Signal, Strategy, hold


class Patient(Strategy):
    """A strategy that never trades."""

    class Parameters(Strategy.Parameters):
        """What can be set."""

        period: int = Field(14, ge=2)

    @property
    def warm_up(self) -> int:
        return int(self.parameters.period) * 10

    def indicators(self) -> Mapping[str, str]:
        return {"rsi": f"ta:momentum.rsi:{self.parameters.period}"}

    def decide(self, frame: Frame, position: Position) -> Signal:
        return hold(f"{len(frame)} candles, {position.amount} held")


def test_parameters_have_defaults() -> None:
    assert Patient().warm_up == 140


def test_parameters_from_the_configuration_override_them() -> None:
    assert Patient({"period": 7}).indicators() == {"rsi": "ta:momentum.rsi:7"}


@pytest.mark.parametrize("parameters", [{"periods": 7}, {"period": 1}, {"period": "many"}])
def test_unknown_and_impossible_parameters_are_refused(parameters: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="period"):
        Patient(parameters)


def test_parameters_can_not_be_changed_later() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Patient().parameters.period = 7


def test_a_class_that_does_not_decide_is_no_strategy() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Strategy()  # type: ignore[abstract]
