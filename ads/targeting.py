"""Where, when and on what an ad may be shown: rules as data, with closed operators. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

OPERATORS = ("in", "not_in")
DIMENSIONS = ("section", "tag", "author", "device", "hour", "thread")
DEVICES = ("phone", "tablet", "desktop")
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS = tuple(f"{day}-{hour:02d}" for day in _DAYS for hour in range(24))
_TABLET = re.compile(r"iPad|Tablet|Android(?!.*Mobile)", re.IGNORECASE)
_PHONE = re.compile(r"iPhone|iPod|Mobile|Phone", re.IGNORECASE)

Rules = Sequence[Mapping[str, Any]]


def missed(rules: Rules, audience: Mapping[str, Sequence[str]]) -> str:
    """The first rule that an audience does not meet, as ``target_section`` and so on; empty if it meets all.

    Args:
        rules: ``{"dimension", "op", "values"}`` each; all of them must hold.
        audience: what is known per dimension. What is not known is in no set, so ``in`` fails there.
    """
    for rule in rules:
        is_in = not set(rule["values"]).isdisjoint(audience.get(rule["dimension"], ()))
        if is_in != (rule["op"] == "in"):
            return f"target_{rule['dimension']}"
    return ""


def hour_of_week(local: datetime) -> str:
    """``mon-09``: the weekday and hour of a time in the site's zone."""
    return f"{_DAYS[local.weekday()]}-{local.hour:02d}"


def device_of(user_agent: str) -> str:
    """``phone``, ``tablet`` or ``desktop``; empty where the browser does not say what it is."""
    if _TABLET.search(user_agent):
        return "tablet"
    if _PHONE.search(user_agent):
        return "phone"
    return "desktop" if user_agent else ""
