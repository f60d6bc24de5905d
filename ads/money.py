"""Money between people (1,250.00) and the database (micros: millionths, integers only). Pure."""

from __future__ import annotations

import re

MICROS = 1_000_000
DECIMALS = 6
_TYPED = re.compile(r"(?P<whole>\d{1,3}(?:,\d{3})+|\d+)(?:\.(?P<part>\d{1,6}))?\Z", re.ASCII)


def parse_money(typed: str) -> int:
    """Micros of an amount such as ``1,250.00``, exactly.

    Raises:
        ValueError: not such an amount. Commas stand between thousands only, so that 12,50 is not 1,250.
    """
    match = _TYPED.match(typed.strip())
    if match is None:
        raise ValueError(typed)
    part = match["part"] or ""
    return int(match["whole"].replace(",", "")) * MICROS + int(part.ljust(DECIMALS, "0"))


def format_money(micros: int) -> str:
    """``1,250.00``: two decimals, more only where they are needed to be exact."""
    sign = "-" if micros < 0 else ""
    whole, part = divmod(abs(micros), MICROS)
    decimals = f"{part:0{DECIMALS}d}".rstrip("0").ljust(2, "0")
    return f"{sign}{whole:,}.{decimals}"
