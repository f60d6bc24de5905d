"""What was booked: which prices fit which kinds, and which status may follow which."""

from __future__ import annotations

from ads.models import LineItem
from newsroom.errors import FieldError

PER_THOUSAND = 1_000

# What people may make of a line item, by what it is at that moment. Nobody sets live or done: dates and
# money do.
MOVES = {
    "draft": {"review", "ready"},
    "review": {"draft", "ready"},
    "ready": {"draft", "review", "paused"},
    "live": {"paused"},
    "paused": {"ready", "draft"},
    "done": set(),
}


def check_line_item(item: LineItem) -> None:
    """Refuse prices and limits that contradict each other.

    Raises:
        FieldError: a price on a house ad, a cap above its budget, a goal of nothing.
    """
    if item.type == LineItem.Type.HOUSE and item.price_micros:
        raise FieldError("price_micros", "House ads cost nothing.", code="house_is_free")
    if item.price_model == LineItem.PriceModel.CPM and item.price_micros % PER_THOUSAND:
        # One impression costs a thousandth, and money is whole micros: nothing is rounded away.
        raise FieldError(
            "price_micros", "Give a price per 1,000 in steps of 1,000 micros (0.001).", code="not_whole"
        )
    if item.goal == 0:
        raise FieldError("goal", "Leave it empty, or give at least 1.", code="min_value")
    over = item.budget_micros is not None and (item.daily_cap_micros or 0) > item.budget_micros
    if over:
        raise FieldError(
            "daily_cap_micros", "The cap of one day is above the whole budget.", code="above_budget"
        )


def check_move(state: str, status: str, *, unmoved: str) -> None:
    """Refuse a status that cannot follow.

    Args:
        state: what it is now, live and done included.
        status: what somebody sets.
        unmoved: the stored status; setting it again is no move.

    Raises:
        FieldError: not from here.
    """
    if status != unmoved and status not in MOVES[state]:
        allowed = ", ".join(sorted(MOVES[state])) or "nothing: its time or its money is over"
        raise FieldError("status", f"It is {state}; from here: {allowed}.", code="not_from_here")
