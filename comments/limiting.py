"""Which limits a write of a reader is counted against, at the rates of the site that it is for."""

from __future__ import annotations

from uuid import UUID

from articles.models import Article
from comments.site_settings import own_rates
from newsroom.crypto import keyed_digest, normalise_address
from newsroom.limits import Limit, enforce, limit_of_network


def count_comment(article: Article, *, network: str, email: str) -> None:
    """Count a comment against its network, address, article and site.

    Args:
        network: of ``newsroom.limits.client_network``.

    Raises:
        RateLimited: one of them is used up.
    """
    enforce(
        [
            Limit(limit_of_network(network), _key("network", network)),
            Limit("address", _key("address", email)),
            Limit("article", str(article.pk)),
            Limit("site", str(article.site_id)),
        ],
        rates=own_rates(article.site_id),
    )


def count_a_use(network: str, *, site_id: UUID, limit: str = "", by_staff: bool = False) -> None:
    """Count one write of a network: each edit is judged anew, so that it costs as much as a new comment.

    Args:
        site_id: whose own rates hold, if it has any.
        limit: ``vote`` or ``report`` for what costs less; empty for texts.
        by_staff: the house is not counted.

    Raises:
        RateLimited: the network's limit is used up.
    """
    if not by_staff:
        counted = Limit(limit or limit_of_network(network), _key("network", network))
        enforce([counted], rates=own_rates(site_id))


def count_letter(email: str, *, site_id: UUID) -> None:
    """Count a letter with a link that somebody asks to be sent to an address.

    Raises:
        RateLimited: it gets no more of them for a while.
    """
    enforce([Limit("link", _key("my-comments", email))], rates=own_rates(site_id))


def count_statement(mailbox_id: UUID, *, site_id: UUID) -> None:
    """Count a letter with reasons: who types somebody else's address must not fill their letter box.

    Raises:
        RateLimited: it gets no more of them for a while.
    """
    enforce([Limit("statement", mailbox_id.hex)], rates=own_rates(site_id))


def count_stub(*, site_id: UUID) -> None:
    """Count an article that is made for an unknown page: addresses are easily made up.

    Raises:
        RateLimited: the site takes no more new pages today.
    """
    enforce([Limit("stub", str(site_id))], rates=own_rates(site_id))


def _key(purpose: str, value: str) -> str:
    return keyed_digest(f"limit-{purpose}", normalise_address(value).encode()).hex()[:32]
