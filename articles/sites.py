"""Which site a request is for. Sites change rarely and are asked for on every request: kept for a second."""

from __future__ import annotations

import time
from dataclasses import dataclass

from django.db.models.signals import post_delete, post_save

from articles.models import Site

KEPT_S = 1.0  # Another process's change shows within this time; this process's own change at once.


@dataclass(frozen=True, slots=True)
class _Sites:
    by_code: dict[str, Site]
    by_domain: dict[str, Site]
    default: Site | None
    read_at: float


_kept: list[_Sites] = []  # At most one.


def _sites() -> _Sites:
    kept = next(iter(_kept), None)
    if kept is None or time.monotonic() - kept.read_at >= KEPT_S:
        read_at = time.monotonic()
        sites = list(Site.objects.all())
        kept = _Sites(
            by_code={site.code: site for site in sites},
            by_domain={site.domain.lower(): site for site in sites},
            default=next((site for site in sites if site.is_default), None),
            read_at=read_at,
        )
        _kept[:] = [kept]
    return kept


def all_sites() -> list[Site]:
    return list(_sites().by_code.values())


def site_by_code(code: str) -> Site | None:
    return _sites().by_code.get(code)


def site_by_host(host: str) -> Site | None:
    """The site of this host name (a port is ignored), else the default site."""
    sites = _sites()
    name = host.lower() if host.endswith("]") else host.lower().rsplit(":", 1)[0]
    return sites.by_domain.get(name) or sites.default


def forget(**kwargs: object) -> None:
    """Read the sites anew at the next question."""
    _kept.clear()


post_save.connect(forget, sender=Site)
post_delete.connect(forget, sender=Site)
