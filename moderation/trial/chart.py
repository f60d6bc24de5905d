"""Held comments over time at each policy, drawn as SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from moderation.trial.words import day

_WIDTH, _HEIGHT = 720, 180
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
    label = f"Held comments {per} at three policies; the table above holds the figures"
    return (
        f'<figure><p class="soft">{top:,.0f} held {per}</p><svg viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img"'
        f' preserveAspectRatio="none" aria-label="{label}">{paths}</svg>'
        f'<p class="ends soft"><span>{day(first)}</span><span>{day(last)}</span></p>'
        f'<ul class="keys">{keys}</ul></figure>'
    )


def _averaged(found: Mapping[date, int], first: date, step: int, steps: int, days: int) -> list[float]:
    sums = [0] * steps
    for at, count in found.items():
        sums[(at - first) // timedelta(days=step)] += count
    return [total / min(step, days - number * step) for number, total in enumerate(sums)]


def _path(line: Sequence[float], top: float) -> str:
    apart = _WIDTH / max(len(line) - 1, 1)
    points = [f"{number * apart:.1f} {_HEIGHT * (1 - value / top):.1f}" for number, value in enumerate(line)]
    return "M" + "L".join(points)
