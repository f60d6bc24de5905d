"""Where, when and on what an ad may be shown: rules as data, with closed operators. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

OPERATORS = ("in", "not_in")
DIMENSIONS = ("section", "tag", "author", "device", "country", "hour", "thread")
DEVICES = ("phone", "tablet", "desktop")
# Source: ISO 3166-1 alpha-2.
COUNTRIES = (
    "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AQ", "AR", "AS", "AT", "AU", "AW", "AX", "AZ", "BA",
    "BB", "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BQ", "BR", "BS", "BT", "BV",
    "BW", "BY", "BZ", "CA", "CC", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO", "CR", "CU",
    "CV", "CW", "CX", "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE", "EG", "EH", "ER", "ES",
    "ET", "FI", "FJ", "FK", "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GF", "GG", "GH", "GI", "GL", "GM",
    "GN", "GP", "GQ", "GR", "GS", "GT", "GU", "GW", "GY", "HK", "HM", "HN", "HR", "HT", "HU", "ID", "IE",
    "IL", "IM", "IN", "IO", "IQ", "IR", "IS", "IT", "JE", "JM", "JO", "JP", "KE", "KG", "KH", "KI", "KM",
    "KN", "KP", "KR", "KW", "KY", "KZ", "LA", "LB", "LC", "LI", "LK", "LR", "LS", "LT", "LU", "LV", "LY",
    "MA", "MC", "MD", "ME", "MF", "MG", "MH", "MK", "ML", "MM", "MN", "MO", "MP", "MQ", "MR", "MS", "MT",
    "MU", "MV", "MW", "MX", "MY", "MZ", "NA", "NC", "NE", "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NU",
    "NZ", "OM", "PA", "PE", "PF", "PG", "PH", "PK", "PL", "PM", "PN", "PR", "PS", "PT", "PW", "PY", "QA",
    "RE", "RO", "RS", "RU", "RW", "SA", "SB", "SC", "SD", "SE", "SG", "SH", "SI", "SJ", "SK", "SL", "SM",
    "SN", "SO", "SR", "SS", "ST", "SV", "SX", "SY", "SZ", "TC", "TD", "TF", "TG", "TH", "TJ", "TK", "TL",
    "TM", "TN", "TO", "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "UM", "US", "UY", "UZ", "VA", "VC", "VE",
    "VG", "VI", "VN", "VU", "WF", "WS", "YE", "YT", "ZA", "ZM", "ZW",
)  # fmt: skip
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOURS = tuple(f"{day}-{hour:02d}" for day in DAYS for hour in range(24))
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
    return f"{DAYS[local.weekday()]}-{local.hour:02d}"


@lru_cache(maxsize=2_000)  # Few browsers ask for most pages.
def device_of(user_agent: str) -> str:
    """``phone``, ``tablet`` or ``desktop``; empty where the browser does not say what it is."""
    if _TABLET.search(user_agent):
        return "tablet"
    if _PHONE.search(user_agent):
        return "phone"
    return "desktop" if user_agent else ""
