"""Form tokens over the API, where a site asks for them: whoever sends has to have loaded a form before."""

from __future__ import annotations

from datetime import datetime

from articles.models import Article
from comments.site_settings import comment_settings
from comments.tokens import form_age_s, form_token
from newsroom.errors import FieldError


def offered_token(article: Article, *, at: datetime) -> str | None:
    """A form token for the article; None where its site asks for none over the API."""
    return form_token(article.pk, at=at) if comment_settings(article.site_id).api_form_token else None


def asked_form_age_s(article: Article, token: str | None, *, at: datetime) -> float | None:
    """Seconds since the form was loaded; None where the site asks for no token over the API.

    A token that nobody asked for is not looked at: nothing that a client sends decides whether a check runs.

    Raises:
        FieldError: it is missing, forged, another article's, or a day old.
    """
    if not comment_settings(article.site_id).api_form_token:
        return None
    if not token:
        raise FieldError(
            "form_token", "This site asks for a form token: GET /api/v1/embeds/ has one.", code="required"
        )
    age = form_age_s(token, article.pk, at=at)
    if age is None:
        raise FieldError("form_token", "It does not hold here and now: GET /api/v1/embeds/ has a new one.")
    return age
