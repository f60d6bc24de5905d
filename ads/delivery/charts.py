"""Geometry of the delivery charts: numbers in, places in the drawing's own units out. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 640, 140
MOST_LABELS = 7
STEPS = (1, 2, 3, 4, 5, 6, 8)  # Else a goal of 6,000 would leave almost half of the drawing empty.


@dataclass(frozen=True, slots=True)
class Bar:
    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars, or lines as SVG paths, with their scale; the same numbers stand in a table beside it."""

    title: str
    bars: tuple[Bar, ...] = ()
    line: str = ""
    pace: str = ""
    grid: tuple[tuple[str, str], ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    width: int = WIDTH
    height: int = HEIGHT


def bars(title: str, values: Sequence[tuple[str, int]]) -> Chart:
    """One bar per value, named below."""
    most = ceiling(max((value for _, value in values), default=0))
    step = WIDTH / max(1, len(values))
    drawn = tuple(
        Bar(
            f"{place * step + step * 0.1:.1f}",
            f"{_y(value, most):.1f}",
            f"{step * 0.8:.1f}",
            _height(value, most),
        )
        for place, (_, value) in enumerate(values)
    )
    return Chart(title, bars=drawn, grid=_grid(most), labels=_labels([name for name, _ in values], step))


def lines(title: str, names: Sequence[str], values: Sequence[int], pace: Sequence[float], goal: int) -> Chart:
    """What was delivered so far, rising, beside the even pace towards a goal; ``values`` may end earlier."""
    most = ceiling(max([goal, *values]))
    step = WIDTH / max(1, len(names) - 1)
    return Chart(
        title,
        line=_path([(place * step, _y(value, most)) for place, value in enumerate(values)]),
        pace=_path([(place * step, _y(value, most)) for place, value in enumerate(pace)]),
        grid=_grid(most),
        labels=_labels(names, step, centred=False),
    )


def ceiling(value: int) -> int:
    """A round number at or above ``value``: one of ``STEPS`` times a power of ten."""
    power = 1
    while True:
        for step in STEPS:
            if step * power >= value:
                return step * power
        power *= 10


def _y(value: float, most: int) -> float:
    return HEIGHT - HEIGHT * value / most


def _height(value: int, most: int) -> str:
    return f"{HEIGHT * value / most:.1f}"


def _grid(most: int) -> tuple[tuple[str, str], ...]:
    values = [most, most // 2] if most > 1 else [most]
    return tuple((f"{_y(value, most):.1f}", f"{value:,}") for value in values)


def _labels(names: Sequence[str], step: float, *, centred: bool = True) -> tuple[tuple[str, str], ...]:
    every = -(-len(names) // MOST_LABELS) or 1
    offset = step / 2 if centred else 0.0
    return tuple((f"{place * step + offset:.1f}", names[place]) for place in range(0, len(names), every))


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points) if points else ""
