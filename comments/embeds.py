"""What a page elsewhere asks first: which article it stands for, and the words of the site's language."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import get_language_info, override
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from articles.embedding import article_at, stub_article
from articles.models import Article, Site
from articles.opening import opening
from articles.selectors import readable_article, site_for
from comments.embed_words import EMBED_WORDS
from comments.form_tokens import offered_token
from comments.limiting import count_a_use, count_stub
from comments.serializers import TextField
from comments.voting import takes_downvotes
from newsroom.api import StrictSerializer, StrictView
from newsroom.errors import FieldError
from newsroom.limits import client_network

SITE = OpenApiParameter("site", str, description="Code of a site; default: by Host.")


class EmbedWriteSerializer(StrictSerializer):
    url = TextField(help_text="Canonical address of the page that shows the comments.")


class EmbeddedArticleSerializer(serializers.Serializer[Any]):
    slug = serializers.CharField()
    headline = serializers.CharField()
    url = serializers.CharField(help_text="The page of this article with its comments, here.")
    is_open = serializers.BooleanField(help_text="Whether it takes comments now.")


class EmbedSerializer(serializers.Serializer[Any]):
    article = EmbeddedArticleSerializer()
    site = serializers.CharField(help_text="The site's code, for `?site=`.")
    language = serializers.CharField()
    direction = serializers.ChoiceField(choices=["ltr", "rtl"])
    downvotes = serializers.BooleanField()
    form_token = serializers.CharField(
        allow_null=True, help_text="To send with a comment, within a day; null where the site asks for none."
    )
    words = serializers.DictField(child=serializers.CharField(), help_text="Texts of the interface.")


class Embeds(StrictView):
    authentication_classes = ()
    query_parameters = frozenset({"site", "article", "url"})
    problem_statuses = {
        "POST": {
            "403": "The page's origin is not on the site's list",
            "409": "The site has no section yet",
            "429": "Too many; see Retry-After",
        }
    }

    @extend_schema(
        operation_id="embeds_read",
        parameters=[
            SITE,
            OpenApiParameter("article", str, description="Slug; or give `url`."),
            OpenApiParameter("url", str, description="Canonical address of the page."),
        ],
        responses=EmbedSerializer,
    )
    def get(self, request: Request) -> Response:
        """The article that a page stands for, and all that is needed to show its comments there."""
        site, slug, url = _asked(request)
        now = timezone.now()
        if slug is not None:
            article = readable_article(site=site, slug=slug, at=now)
        else:
            found = article_at(site, url or "", at=now)
            if found is None:
                raise Http404
            article = found
        return Response(_document(article), headers={"Cache-Control": "public, no-cache"})

    @extend_schema(
        operation_id="embeds_create",
        parameters=[SITE],
        request=EmbedWriteSerializer,
        responses={200: EmbedSerializer, 201: EmbedSerializer},
    )
    def post(self, request: Request) -> Response:
        """Make an article for a page that is not known yet; 200 if it is. Its origin must be on the list."""
        serializer = EmbedWriteSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        site = site_for(request._request)
        count_a_use(client_network(request._request), site_id=site.pk, limit="vote")
        article, is_new = stub_article(
            site,
            serializer.validated_data["url"],
            at=timezone.now(),
            count_one=partial(count_stub, site_id=site.pk),
        )
        return Response(
            _document(article), status=201 if is_new else 200, headers={"Cache-Control": "no-store"}
        )


def _asked(request: Request) -> tuple[Site, str | None, str | None]:
    http: HttpRequest = request._request
    slug, url = request.query_params.get("article"), request.query_params.get("url")
    if (slug is None) == (url is None):
        raise FieldError("url", "Give the page's url or an article's slug, one of them.", code="required")
    return site_for(http), slug, url


def _document(article: Article) -> dict[str, Any]:
    site, now = article.site, timezone.now()
    with override(site.language):
        words = {name: str(words) for name, words in EMBED_WORDS.items()}
    return {
        "article": {
            "slug": article.slug,
            "headline": article.headline,
            "url": settings.NEWSROOM_BASE_URL + article.get_absolute_url(),
            "is_open": opening(article, at=now).is_open,
        },
        "site": site.code,
        "language": site.language,
        "direction": "rtl" if is_right_to_left(site.language) else "ltr",
        "downvotes": takes_downvotes(site.pk),
        "form_token": offered_token(article, at=now),
        "words": words,
    }


def is_right_to_left(language: str) -> bool:
    """Whether a language is written from right to left; an unknown one counts as not."""
    try:
        return bool(get_language_info(language)["bidi"])
    except KeyError:
        return False
