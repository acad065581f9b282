"""The tree of errors says what the caller has to do next."""

import pytest

from shared import errors


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (errors.ExchangeStoppedError, errors.RepairError),
        (errors.LeaseLostError, errors.RepairError),
        (errors.StrategyError, errors.RepairError),
        (errors.ConfigError, errors.StopError),
        (errors.SchemaError, errors.StopError),
    ],
)
def test_a_particular_error_is_handled_as_its_kind(error: type[Exception], answer: type[Exception]) -> None:
    with pytest.raises(answer, match="what, where, what to do"):
        raise error("what, where, what to do")


def test_every_error_of_ours_is_exactly_one_of_retry_repair_and_stop() -> None:
    kinds = (errors.RetryError, errors.RepairError, errors.StopError)
    ours = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, errors.ChandlerError)]
    assert len(ours) > len(kinds)
    for error in ours:
        assert error is errors.ChandlerError or sum(issubclass(error, kind) for kind in kinds) == 1
