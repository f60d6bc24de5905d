"""Curves as points of a line, for SVG (pure)."""

from __future__ import annotations

from collections.abc import Sequence

WIDTH, HEIGHT = 600, 260


def polyline(xs: Sequence[float], ys: Sequence[float]) -> str:
    """Points in [0, 1] × [0, 1] as an SVG ``points`` attribute; y grows upwards."""
    return " ".join(f"{x_of(x)},{y_of(y)}" for x, y in zip(xs, ys, strict=True))


def x_of(share: float) -> str:
    return f"{share * WIDTH:.1f}"


def y_of(share: float) -> str:
    return f"{(1 - share) * HEIGHT:.1f}"
