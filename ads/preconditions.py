"""Entity tags from versions, and ``If-Match``: nobody overwrites a change that they have not seen."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Protocol

from newsroom.errors import DomainError

# RFC 9110, section 8.8.3. Weak tags (W/"…") never match in If-Match, so they need no reading.
_TAG = re.compile(r'"([\x21\x23-\x7e\x80-\xff]*)"\Z')
ANY = "*"


class PreconditionRequired(DomainError):
    code = "precondition_required"
    status = 428
    title = "Say which version you are changing"


class Stale(DomainError):
    code = "stale"
    status = 412
    title = "It has changed since you read it"


class Versioned(Protocol):
    version: int


def etag(versioned: Versioned) -> str:
    return f'"{versioned.version}"'


def wanted_versions(if_match: str | None) -> Collection[str]:
    """The tags that ``If-Match`` names, without quotes; ``*`` stands for any.

    Raises:
        PreconditionRequired: there is no such header.
    """
    if if_match is None:
        raise PreconditionRequired(
            "Send If-Match with the ETag of the version that you have read, so that no other change is lost."
        )
    if if_match.strip() == ANY:
        return {ANY}
    tags = (_TAG.match(part.strip()) for part in if_match.split(","))
    return {tag.group(1) for tag in tags if tag}


def require_current(versioned: Versioned, wanted: Collection[str]) -> None:
    """Inside the transaction that locked the row.

    Raises:
        Stale: the row has another version.
    """
    if ANY not in wanted and str(versioned.version) not in wanted:
        raise Stale("Somebody has changed it since you read it. Read it again, then repeat your change.")
