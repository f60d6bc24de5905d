"""Numbers as the ad manager reads them."""

from __future__ import annotations

from collections.abc import Mapping

from django import template

from ads.money import format_money

register = template.Library()
CENT = 10_000  # micros
FEW = 3  # Topics that are told one by one.


@register.filter
def percent(share: float | None) -> str:
    """``61 %`` of 0.61; a dash where there is nothing to divide."""
    return "-" if share is None else f"{share * 100:.0f} %"


@register.filter
def money(micros: int | None) -> str:
    """``1,250.00``, rounded to the cent; a dash for nothing."""
    return "-" if micros is None else format_money((micros + CENT // 2) // CENT * CENT)


@register.filter
def count(number: int | None) -> str:
    """``12,345``; a dash for nothing."""
    return "-" if number is None else f"{number:,}"


@register.filter
def part_of(value: int | None, most: int) -> str:
    """The length of a bar in a drawing 100 wide; of what is there, at least a line."""
    return f"{max(0.6, 100 * value / most):.1f}" if value and most else "0"


@register.filter
def risks(sensitivity: Mapping[str, str]) -> str:
    """``crime low, war high``; where every topic has the same, that alone."""
    if len(sensitivity) > FEW and len(set(sensitivity.values())) == 1:
        return f"all {next(iter(sensitivity.values()))}"
    return ", ".join(f"{topic} {risk}" for topic, risk in sorted(sensitivity.items())) or "-"
