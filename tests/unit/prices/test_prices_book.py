from datetime import date
from decimal import Decimal

import pytest

from aistudio_templates.errors import ConfigError
from aistudio_templates.prices import HOURS_PER_MONTH, load_price_book, regional_prices


def test_every_price_has_a_date_a_unit_and_a_page_of_aws() -> None:
    for price in load_price_book():
        assert price.usd > 0, price
        assert date(2024, 1, 1) < price.as_of <= date(2026, 12, 31), price
        assert price.unit
        assert price.source.startswith("https://aws.amazon.com/"), price


def test_all_regions_price_the_same_items() -> None:
    items: dict[str, set[str]] = {}
    for price in load_price_book():
        items.setdefault(price.region, set()).add(price.item)
    assert set(items) >= {"us-east-1", "us-west-2"}
    assert len({frozenset(found) for found in items.values()}) == 1


@pytest.mark.parametrize(
    ("item", "hours", "monthly"),
    [
        ("ec2.nat_gateway", HOURS_PER_MONTH, "32.85"),
        ("ec2.interface_endpoint", HOURS_PER_MONTH, "7.30"),
        ("elb.application", HOURS_PER_MONTH, "16.425"),
        ("ec2.public_ipv4", HOURS_PER_MONTH, "3.65"),
    ],
)
def test_monthly_prices_are_the_known_ones(item: str, hours: int, monthly: str) -> None:
    assert regional_prices("us-east-1").usd(item) * hours == Decimal(monthly)


def test_arm64_costs_a_fifth_less() -> None:
    prices = regional_prices("us-east-1")
    ratio = prices.usd("lambda.duration.arm64") / prices.usd("lambda.duration.x86_64")
    assert round(ratio, 2) == Decimal("0.80")


def test_a_region_without_prices_is_refused_and_the_known_ones_named() -> None:
    with pytest.raises(ConfigError, match="eu-central-1") as caught:
        regional_prices("eu-central-1")
    assert "us-east-1" in str(caught.value.hint)


def test_an_unknown_item_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"lambda\.durations\.arm64") as caught:
        regional_prices("us-east-1").usd("lambda.durations.arm64")
    assert "lambda.duration.arm64" in str(caught.value.hint)
