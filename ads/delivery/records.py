"""One decision as it is written down, and as its tokens carry it: each makes the other.

A process that is killed loses what it has not written yet. So the token that a page gets holds all that
billing, explaining and replay need, signed; and an event whose decision is not there brings it along.
"""

from __future__ import annotations

import base64
import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from newsroom.crypto import is_signed_part, sign_parts

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MODELS = ("", "cpm", "cpc", "flat")
# Version; id, view, site, article, slot, line item, creative; snapshot; page, held; at, seed, price; model,
# place. The comments beside it follow.
_LAYOUT = struct.Struct(">B16s16s16s16s16s16s16s32s16s16sqqqBH")
_VERSION = 1
_NOBODY = bytes(16)
_PURPOSE = "ad"
KINDS = ("impression", "viewable", "click")


class Record(NamedTuple):
    """A decision. ``page``, ``held``: digests of its circumstances; ``place``: among those asked for."""

    pk: UUID
    at: datetime
    view: UUID
    site: UUID
    article: UUID
    slot: UUID
    line_item: UUID | None
    creative: UUID | None
    no_fill_reason: str
    price_model: str
    price_micros: int
    seed: int
    snapshot: str
    page: str
    held: str
    place: int
    neighbours: tuple[UUID, ...] = ()


# --- as a token --------------------------------------------------------------------------------------------
def carried(record: Record) -> str:
    """A filled decision as text for an address."""
    assert record.line_item is not None  # noqa: S101  (nothing to count else)
    assert record.creative is not None  # noqa: S101
    fixed = _LAYOUT.pack(
        _VERSION,
        record.pk.bytes,
        record.view.bytes,
        record.site.bytes,
        record.article.bytes,
        record.slot.bytes,
        record.line_item.bytes,
        record.creative.bytes,
        bytes.fromhex(record.snapshot),
        bytes.fromhex(record.page),
        bytes.fromhex(record.held) if record.held else _NOBODY,
        (record.at - _EPOCH) // _MICROSECOND,
        record.seed,
        record.price_micros,
        _MODELS.index(record.price_model),
        record.place,
    )
    beside = b"".join(comment.bytes for comment in record.neighbours)
    return base64.urlsafe_b64encode(fixed + beside).rstrip(b"=").decode()


def signed(text: str) -> tuple[str, ...]:
    """The tokens of a decision, one for each of ``KINDS``."""
    return tuple(f"{text}.{signature}" for signature in sign_parts(_PURPOSE, text))


def brought(kind: str, token: str) -> Record | None:
    """The decision that a token carries; None if nobody here signed it for this kind."""
    text, _, signature = token.partition(".")
    if len(text) <= _SHORT or not is_signed_part(_PURPOSE, text, KINDS.index(kind), signature):
        return None
    content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if content[0] != _VERSION:
        return None  # Of a later version of this program.
    found = _LAYOUT.unpack_from(content)
    ids, (snapshot, page, held, at, seed, price, model, place) = found[1:8], found[8:]
    beside = content[_LAYOUT.size :]
    pk, view, site, article, slot, line_item, creative = (UUID(bytes=one) for one in ids)
    return Record(
        pk=pk,
        at=_EPOCH + at * _MICROSECOND,
        view=view,
        site=site,
        article=article,
        slot=slot,
        line_item=line_item,
        creative=creative,
        no_fill_reason="",
        price_model=_MODELS[model],
        price_micros=price,
        seed=seed,
        snapshot=snapshot.hex(),
        page=page.hex(),
        held="" if held == _NOBODY else held.hex(),
        place=place,
        neighbours=tuple(UUID(bytes=beside[start : start + 16]) for start in range(0, len(beside), 16)),
    )


_SHORT = 32  # A decision's id alone, in hexadecimal: what was written down before its page went out.


# --- as a row ----------------------------------------------------------------------------------------------
_COLUMNS = {
    "id": "uuid", "at": "timestamptz", "view": "uuid", "site_id": "uuid", "article_id": "uuid",
    "slot_id": "uuid", "line_item_id": "uuid", "creative_id": "uuid", "no_fill_reason": "text",
    "price_model": "text", "price_micros": "bigint", "seed": "bigint", "snapshot_id": "text",
    "page": "text", "held": "text", "place": "smallint", "neighbours": "text",
}  # fmt: skip
# COPY would be a little faster, and cannot pass over what an event has brought along meanwhile.
_WRITE = f"""
INSERT INTO delivery_addecision ({", ".join(_COLUMNS)}, context, demo)
SELECT {", ".join("neighbours::uuid[]" if name == "neighbours" else name for name in _COLUMNS)},
    '{{}}', false
FROM unnest({", ".join(f"%s::{kind}[]" for kind in _COLUMNS.values())}) AS one ({", ".join(_COLUMNS)})
ON CONFLICT (id) DO NOTHING
"""  # noqa: S608  (fixed texts)


def write(records: Sequence[Record]) -> int:
    """Add these decisions in one statement, those that are there already passed over; how many were new."""
    columns = zip(*map(_as_row, records), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [f"{{{','.join(column)}}}" for column in columns])
        return int(cursor.rowcount)


def _as_row(record: Record) -> tuple[str, ...]:
    """Elements of arrays, as PostgreSQL reads them: quicker than objects, and most of what writing costs."""
    return (
        f"{record.pk.int:032x}",
        f'"{record.at.isoformat()}"',
        f"{record.view.int:032x}",
        f"{record.site.int:032x}",
        f"{record.article.int:032x}",
        f"{record.slot.int:032x}",
        _or_null(record.line_item),
        _or_null(record.creative),
        f'"{record.no_fill_reason}"',  # Words of ours.
        f'"{record.price_model}"',
        str(record.price_micros),
        str(record.seed),
        record.snapshot,
        record.page,
        f'"{record.held}"',
        str(record.place),
        f'"{{{",".join(comment.hex for comment in record.neighbours)}}}"',
    )


def _or_null(one: UUID | None) -> str:
    return f"{one.int:032x}" if one else "NULL"
