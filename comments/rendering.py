"""Threads as JSON bytes, made once per version and kept in this process.

The key carries the thread's version, read from PostgreSQL in the same request: what is served is
never older than the last committed decision, whichever process made it.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from typing import Any
from urllib.parse import urlencode

from articles.models import Article
from comments.selectors import Node, thread_page

MOST_BYTES = 32 * 2**20


class BytesCache:
    """Least recently used bytes, bounded by their size. Thread-safe."""

    def __init__(self, most_bytes: int) -> None:
        self._most = most_bytes
        self._held = 0
        self._entries: OrderedDict[tuple[Any, ...], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[Any, ...]) -> bytes | None:
        with self._lock:
            if key in self._entries:
                self._entries.move_to_end(key)
            return self._entries.get(key)

    def put(self, key: tuple[Any, ...], value: bytes) -> None:
        with self._lock:
            self._held += len(value) - len(self._entries.pop(key, b""))
            self._entries[key] = value
            while self._held > self._most and self._entries:
                _, dropped = self._entries.popitem(last=False)
                self._held -= len(dropped)


_cache = BytesCache(MOST_BYTES)


def thread_bytes(
    article: Article, *, version: int, path: str, sort: str, cursor: str | None, limit: int
) -> bytes:
    """The thread's JSON at this version, from the cache or built in at most four queries."""
    key = (article.pk, version, path, sort, cursor, limit)
    body = _cache.get(key)
    if body is None:
        page = thread_page(article.pk, sort=sort, cursor=cursor, limit=limit)
        following = (
            f"{path}?{urlencode({'sort': sort, 'cursor': page.next_cursor, 'limit': limit})}"
            if page.next_cursor
            else None
        )
        document = {"count": page.count, "next": following, "results": render_replies(page.results)}
        body = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
        if page.version == version:  # A decision in between belongs to the next version's key.
            _cache.put(key, body)
    return body


def render_replies(nodes: list[Node]) -> list[dict[str, Any]]:
    return [_document(node) for node in nodes]


def _document(node: Node) -> dict[str, Any]:
    return {
        "id": str(node.id),
        "parent": str(node.parent) if node.parent else None,
        "depth": node.depth,
        "name": node.name,
        "body": node.body,
        "created_at": node.created_at.isoformat().replace("+00:00", "Z"),
        "edited_at": node.edited_at.isoformat().replace("+00:00", "Z") if node.edited_at else None,
        "reply_count": node.reply_count,
        "votes": node.votes,
        "badges": node.badges,
        "replies": render_replies(node.replies),
    }
