"""The price book: what AWS charges for one unit, by region, as data.

``prices.csv`` has one row a region and item, with its date and source. Dashboards write
these prices into their expressions; estimates multiply them with usage. May import the
standard library and errors only.
"""

from aistudio_templates.prices.book import (
    HOURS_PER_MONTH,
    Price,
    PriceBook,
    load_price_book,
    regional_prices,
)

__all__ = ["HOURS_PER_MONTH", "Price", "PriceBook", "load_price_book", "regional_prices"]
