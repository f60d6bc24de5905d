"""Threads as JSON bytes, made once per version and kept in this process.

The key carries the thread's version, read from PostgreSQL in the same request: what is served is
never older than the last committed decision, whichever process made it.
"""

from __future__ import annotations

import gzip
import json
import threading
from collections import OrderedDict
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

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


class ThreadKey(NamedTuple):
    """What identifies one page of a thread at one version."""

    article_id: UUID
    version: int
    path: str
    sort: str
    cursor: str | None
    limit: int
    site: str | None = None


_cache = BytesCache(MOST_BYTES)


def cached_thread(key: ThreadKey) -> bytes | None:
    """The page's JSON if this process has made it before."""
    return _cache.get(key)


def compressed_thread(key: ThreadKey, plain: bytes) -> bytes:
    """The same bytes as gzip, compressed once per version."""
    compressed_key = (*key, "gzip")
    body = _cache.get(compressed_key)
    if body is None:
        body = gzip.compress(plain, compresslevel=6, mtime=0)
        _cache.put(compressed_key, body)
    return body


def thread_bytes(key: ThreadKey) -> bytes:
    """The page's JSON at this version, from the cache or built in at most four queries."""
    body = cached_thread(key)
    if body is None:
        page = thread_page(key.article_id, sort=key.sort, cursor=key.cursor, limit=key.limit)
        query = {"sort": key.sort, "cursor": page.next_cursor, "limit": key.limit}
        query |= {"site": key.site} if key.site else {}
        following = f"{key.path}?{urlencode(query)}" if page.next_cursor else None
        document = {"count": page.count, "next": following, "results": render_replies(page.results)}
        body = json.dumps(document, separators=(",", ":"), ensure_ascii=False).encode()
        if page.version == key.version:  # A decision in between belongs to the next version's key.
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
