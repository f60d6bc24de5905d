"""Tables that become lists of cards on a narrow screen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from moderation.lifecycle.statistics import Share


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, numbers_from: int) -> str:
    """Cells hold HTML. The first of a row heads it; columns from ``numbers_from`` on hold numbers."""

    def of(column: int) -> str:
        return ' class="n"' if column >= numbers_from else ""

    head = "".join(f'<th scope="col"{of(column)}>{name}</th>' for column, name in enumerate(heads))
    body = "".join(
        f'<tr><th scope="row">{first}</th>'
        + "".join(
            f'<td{of(column)} data-head="{heads[column]}">{cell}</td>'
            for column, cell in enumerate(cells, start=1)
        )
        + "</tr>"
        for first, *cells in rows
    )
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def with_interval(share: Share) -> str:
    """The share, its interval below; a dash where nothing was counted."""
    if share.rate is None:
        return "–"
    return f"{share.rate:.1%}<small>{interval(share)}</small>"


def interval(share: Share) -> str:
    low, high = share.interval
    return f"{low:.1%} – {high:.1%}"
