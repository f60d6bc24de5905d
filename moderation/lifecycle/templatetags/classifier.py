"""Shares and differences for the classifier's templates."""

from __future__ import annotations

from typing import Any

from django import template

from moderation.desk.words import percent
from moderation.lifecycle.statistics import Share

register = template.Library()
register.filter("percent", percent)


@register.filter
def share(value: Share) -> str:
    """Such as ``3.1 % (1.2 – 7.6 %), 4 of 128``; a dash where nothing was counted."""
    if value.rate is None:
        return "–"
    low, high = value.interval
    return f"{value.rate:.1%} ({low * 100:.1f} – {high:.1%}), {value.hits} of {value.of}".replace("%", " %")


@register.filter
def signed(number: Any) -> str:
    """A difference: whole numbers stay whole."""
    return f"{number:+,.1f}" if isinstance(number, float) else f"{number:+,}"


@register.filter
def p_value(value: float) -> str:
    return "under 0.001" if value < 0.001 else f"{value:.3f}"


@register.filter
def figure(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
