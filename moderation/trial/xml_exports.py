"""WordPress' and Disqus' exports, which are XML.

Sources: WordPress ``wp-admin/includes/export.php`` (WXR 1.2): every comment of an article but those marked as
spam, ``comment_approved`` being 1, 0, trash or post-trashed. Disqus' own description of its export: posts
with ``isSpam`` and ``isDeleted``; who deleted one it does not say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from moderation.trial.plain_text import plain_text
from moderation.trial.records import Broken, Note, Record, Row, Skipped, Theirs, moment
from moderation.trial.source import Source
from moderation.trial.xml_records import Element, Shape, records

WORDPRESS = Shape(
    record="wp:comment",
    parents=("rss", "channel", "item"),
    kept=frozenset(
        f"wp:comment_{name}"
        for name in ("id", "author", "author_email", "date", "date_gmt", "content", "approved", "type")
    ),
    identity="wp:comment_id",
)
DISQUS = Shape(
    record="post",
    parents=("disqus",),
    kept=frozenset(
        f"{path}{name}"
        for path, names in (
            ("", ("id", "message", "createdAt", "isDeleted", "isSpam", "isApproved")),
            ("author/", ("name", "username", "email")),
        )
        for name in names
    ),
    identity="dsq:id",
)
_OF_WORDPRESS = {
    "1": Theirs.PUBLISHED,
    "approve": Theirs.PUBLISHED,
    "approved": Theirs.PUBLISHED,
    "spam": Theirs.REFUSED,
    "trash": Theirs.REFUSED,
}
_COMMENT_TYPES = ("", "comment", "review")
_YES = ("true", "1")


def wordpress(source: Source) -> Iterator[Row]:
    yield Note("WordPress leaves out what was marked as spam: how much of it we would stop cannot show here.")
    yield from _rows(source, WORDPRESS, _wordpress)


def disqus(source: Source) -> Iterator[Row]:
    yield Note("Disqus does not say who deleted a comment: what authors deleted counts as refused here, too.")
    yield from _rows(source, DISQUS, _disqus)


def _rows(source: Source, shape: Shape, row: Callable[[str, Element], Row]) -> Iterator[Row]:
    with source.open() as stream:
        for element in records(stream, shape):
            if isinstance(element, Broken):
                yield element
                continue
            identity = element.attributes.get(shape.identity) or element.fields.get(shape.identity, "")
            yield row(f"line {element.line}" + (f", id {identity.strip()[:40]}" if identity else ""), element)
        if stream.damage:
            yield Broken("end of file", stream.damage)


def _wordpress(place: str, element: Element) -> Row:
    fields = {key.removeprefix("wp:comment_"): value for key, value in element.fields.items()}
    if fields.get("type", "").strip() not in _COMMENT_TYPES:
        return Skipped(f"not a reader's comment but a {fields['type'].strip()[:30]}")
    if "content" not in fields:
        return Broken(place, "it has no text")
    name = fields.get("author", "").strip()
    return Record(
        place,
        plain_text(fields["content"]),
        _OF_WORDPRESS.get(fields.get("approved", "").strip(), Theirs.UNDECIDED),
        name,
        fields.get("author_email", "").strip().lower() or name,
        moment(fields.get("date_gmt")) or moment(fields.get("date")),
    )


def _disqus(place: str, element: Element) -> Row:
    fields = {key: value.strip() for key, value in element.fields.items()}
    if "message" not in fields:
        return Broken(place, "it has no text")
    theirs = Theirs.PUBLISHED
    if fields.get("isSpam") in _YES or fields.get("isDeleted") in _YES:
        theirs = Theirs.REFUSED
    elif fields.get("isApproved", "true") not in _YES:
        theirs = Theirs.UNDECIDED
    name = fields.get("author/name", "")
    author = fields.get("author/email", "").lower() or fields.get("author/username") or name
    return Record(place, plain_text(fields["message"]), theirs, name, author, moment(fields.get("createdAt")))
