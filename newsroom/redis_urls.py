"""One REDIS_URL, three dialects: redis-py, Celery and limits each spell a unix socket differently."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit


def with_database(url: str, database: int) -> str:
    """The same server, another numbered database, as redis-py reads it."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        query = dict(parse_qsl(parts.query)) | {"db": str(database)}
        return f"unix://{parts.netloc}{parts.path}?{urlencode(query)}"
    return urlunsplit((parts.scheme, parts.netloc, f"/{database}", parts.query, ""))


def celery_broker_url(url: str, *, database: int) -> str:
    """The same server as Celery's Redis transport reads it."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        credentials = parts.netloc.rpartition("@")[0]
        netloc = f"{credentials}@" if credentials else ""
        return f"redis+socket://{netloc}{parts.path}?virtual_host={database}"
    return with_database(url, database)
