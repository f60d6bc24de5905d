"""Held comments over time at each policy, drawn as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from moderation.trial.words import day

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 720, 200, 44, 20, 8
_MOST_STEPS = 120


def chart(
    series: Sequence[Mapping[date, int]], names: Sequence[str], period: tuple[date, date, int] | None
) -> str:
    """A line for each series, averaged over days so that it stays readable; empty for a single day."""
    if period is None or period[0] == period[1]:
        return ""
    first, last, _ = period
    days = (last - first).days + 1
    step = -(-days // _MOST_STEPS)
    steps = -(-days // step)
    lines = [_averaged(found, first, step, steps, days) for found in series]
    top = max((value for line in lines for value in line), default=0.0)
    if not top:
        return ""
    paths = "".join(
        f'<path class="line-{number}" d="{_path(line, top)}"/>' for number, line in enumerate(lines)
    )
    keys = "".join(
        f'<li><svg viewBox="0 0 28 8" aria-hidden="true"><path class="line-{number}" d="M0'
        f' 4H28"/></svg>{name}</li>'
        for number, name in enumerate(names)
    )
    per = "per day" if step == 1 else f"per day, averaged over {step} days"
    bottom = _HEIGHT - _BOTTOM
    return (
        f'<figure><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="Held comments {per} at three'
        " policies,"
        f' at most {top:,.1f}; the table above holds the figures">'
        f'<path class="axis" d="M{_LEFT} {bottom}H{_WIDTH}M{_LEFT} {_TOP}H{_WIDTH}"/>'
        f'<text x="{_LEFT - 6}" y="{_TOP + 6}" text-anchor="end">{top:,.0f}</text>'
        f'<text x="{_LEFT - 6}" y="{bottom}" text-anchor="end">0</text>'
        f'<text x="{_LEFT}" y="{_HEIGHT - 4}">{day(first)}</text>'
        f'<text x="{_WIDTH}" y="{_HEIGHT - 4}" text-anchor="end">{day(last)}</text>{paths}</svg>'
        f'<ul class="keys">{keys}</ul><figcaption>Comments that would be held, {per}</figcaption></figure>'
    )


def _averaged(found: Mapping[date, int], first: date, step: int, steps: int, days: int) -> list[float]:
    sums = [0] * steps
    for at, count in found.items():
        sums[(at - first) // timedelta(days=step)] += count
    return [total / min(step, days - number * step) for number, total in enumerate(sums)]


def _path(line: Sequence[float], top: float) -> str:
    height, width = _HEIGHT - _BOTTOM - _TOP, _WIDTH - _LEFT
    apart = width / max(len(line) - 1, 1)
    points = [
        f"{_LEFT + number * apart:.1f} {_TOP + height * (1 - value / top):.1f}"
        for number, value in enumerate(line)
    ]
    return "M" + "L".join(points)
