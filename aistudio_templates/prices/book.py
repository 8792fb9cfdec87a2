"""Reading the price book."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal, cast

from aistudio_templates.errors import ConfigError, valid_choices

HOURS_PER_MONTH = 730
"""Hours that AWS reckons a month with.

Source: https://docs.aws.amazon.com/pricing-calculator/latest/userguide/getting-started.html
"""

Confidence = Literal["high", "medium", "low"]

_PRICES = Path(__file__).with_name("prices.csv")


@dataclass(frozen=True)
class Price:
    """What one unit costs.

    Attributes:
        region: Such as ``us-east-1``.
        item: Such as ``lambda.duration.arm64``.
        unit: What is counted, such as ``GB-second``.
        usd: Price of one unit, in USD, without tiers and free amounts.
        as_of: When the price was looked up.
        confidence: How sure we are.
        source: Where the price stands.
    """

    region: str
    item: str
    unit: str
    usd: Decimal
    as_of: date
    confidence: Confidence
    source: str


@dataclass(frozen=True)
class PriceBook:
    """The prices of one region.

    Attributes:
        region: The region.
        prices: Price by item.
    """

    region: str
    prices: Mapping[str, Price]

    def usd(self, item: str) -> Decimal:
        """Return the price of one unit of ``item``, in USD.

        Raises:
            ConfigError: The book has no such item.
        """
        return self.price(item).usd

    def price(self, item: str) -> Price:
        """Return the price of ``item`` with its unit and source.

        Raises:
            ConfigError: The book has no such item.
        """
        if item not in self.prices:
            raise ConfigError(
                f"price book: no item {item!r} in {self.region}", valid_choices(item, self.prices)
            )
        return self.prices[item]


@cache
def load_price_book() -> tuple[Price, ...]:
    """Return every row of the price book, in the file's order.

    Raises:
        ConfigError: A row is malformed, or stands twice.
    """
    with _PRICES.open(newline="", encoding="utf-8") as file:
        prices = tuple(_rows(csv.DictReader(file)))
    seen: set[tuple[str, str]] = set()
    for price in prices:
        key = (price.region, price.item)
        if key in seen:
            raise ConfigError(f"{_PRICES.name}: {price.item} in {price.region} stands twice")
        seen.add(key)
    return prices


@cache
def regional_prices(region: str) -> PriceBook:
    """Return the prices of one region; never those of another one.

    Raises:
        ConfigError: The book has no prices of that region.
    """
    regions = {price.region for price in load_price_book()}
    if region not in regions:
        raise ConfigError(
            f"price book: no prices of region {region!r}",
            f"{valid_choices(region, regions)}; or set monitoring.dashboards_enabled = false",
        )
    return PriceBook(region, {p.item: p for p in load_price_book() if p.region == region})


def _rows(reader: csv.DictReader[str]) -> Iterator[Price]:
    for row in reader:
        try:
            yield Price(
                region=row["region"],
                item=row["item"],
                unit=row["unit"],
                usd=Decimal(row["usd"]),
                as_of=date.fromisoformat(row["as_of"]),
                confidence=_confidence(row["confidence"]),
                source=row["source"],
            )
        except (ArithmeticError, KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"{_PRICES.name}:{reader.line_num}: malformed row") from error


def _confidence(text: str) -> Confidence:
    if text not in {"high", "medium", "low"}:
        raise ValueError(text)
    return cast("Confidence", text)
