"""What a policy says of some age."""

import pytest
from pydantic import ValidationError

from shared.config import Packing, TierPolicy, TierSettings
from shared.tiers.policy import leaves_before_us, level_of, packed_by, tier_by

DAY_US = 86_400_000_000
NOW_US = 1_790_000_000_000_000
POLICY = TierPolicy(hot_days=7, warm_days=30, cold_days=365, frozen_days=2_557)


@pytest.mark.parametrize(
    ("days", "tier"), [(0, "warm"), (30, "warm"), (30.01, "cold"), (365, "cold"), (366, "frozen"), (9_000, "frozen")]
)
def test_a_file_is_packed_harder_as_it_ages(days: float, tier: str) -> None:
    assert tier_by(POLICY, NOW_US - int(days * DAY_US), NOW_US) == tier
    assert packed_by(Packing(), NOW_US - int(days * DAY_US), NOW_US) == tier


def test_what_is_older_than_frozen_is_deleted_only_where_the_policy_says_so() -> None:
    old = NOW_US - 2_558 * DAY_US
    assert tier_by(POLICY, old, NOW_US) == "frozen"
    assert tier_by(POLICY.model_copy(update={"delete": True}), old, NOW_US) == "gone"


def test_rows_leave_after_the_hot_days_or_never() -> None:
    assert leaves_before_us(POLICY, NOW_US) == NOW_US - 7 * DAY_US
    assert leaves_before_us(TierPolicy(), NOW_US) is None


def test_each_tier_is_packed_harder_than_the_one_before() -> None:
    assert level_of("warm") < level_of("cold") < level_of("frozen")


def test_a_policy_given_in_part_keeps_the_other_defaults_of_its_table() -> None:
    given = TierSettings.model_validate({"balance_history": {"cold_days": 100}, "equity_history": {"hot_rows": 5}})
    assert given.balance_history == TierPolicy(hot_days=7, cold_days=100)
    assert given.equity_history == TierPolicy(hot_days=90, hot_rows=5, warm_days=90)
    assert given.ticker_data == TierSettings().ticker_data


@pytest.mark.parametrize("wrong", [{"hot_days": 40}, {"warm_days": 400}, {"cold_days": 3_000}, {"hot_days": 0}])
def test_days_that_become_less_from_tier_to_tier_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        TierPolicy.model_validate(wrong)


def test_every_table_with_a_policy_is_one_whose_rows_may_leave() -> None:
    from shared.tiers import AGED

    assert sorted(TierSettings().policies()) == sorted(AGED)
