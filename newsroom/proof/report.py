"""What a proof prints."""

from __future__ import annotations

from collections.abc import Sequence

from newsroom.proof.checks import Check, quantile


def table(rows: Sequence[tuple[str, str]]) -> str:
    """Two columns, the second aligned."""
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"  {name:<{width}}  {value}" for name, value in rows)


def verdict(checks: Sequence[Check]) -> str:
    """Each check with a mark, and the sentence that follows from them."""
    rows = [(("ok    " if check.holds else "BROKEN") + " " + check.name, check.value) for check in checks]
    broken = [check for check in checks if not check.holds]
    end = f"BROKEN: {len(broken)} of {len(checks)} checks." if broken else f"All {len(checks)} checks hold."
    return f"{table(rows)}\n\n{end}"


def spread(seconds: Sequence[float]) -> str:
    """Median, high quantiles and maximum, in milliseconds."""
    shares = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return ", ".join(f"{name} {1000 * quantile(seconds, share):,.0f} ms" for name, share in shares.items())
