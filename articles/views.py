"""Articles over the API: read by all, written by the site's content management system."""

from __future__ import annotations

from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from articles.models import Article
from articles.selectors import readable_article, readable_articles, site_for
from articles.serializers import ArticleDetailSerializer, ArticleListSerializer, SourceArticleSerializer
from articles.services import save_from_source
from newsroom.access.authentication import ArticlesWriter
from newsroom.api import CursorPages, StrictView, entity
from newsroom.errors import FieldError
from newsroom.openapi import IF_NONE_MATCH

SITE = OpenApiParameter("site", str, description="Code of a site; default: by Host.")


class NewestArticles(CursorPages):
    ordering = ("-published_at", "-id")


class ArticleList(StrictView, GenericAPIView[Article]):
    """Published articles, newest first."""

    authentication_classes = ()
    query_parameters = frozenset({"site", "cursor", "limit", "section"})
    serializer_class = ArticleListSerializer
    pagination_class = NewestArticles
    queryset = Article.objects.none()

    @extend_schema(
        operation_id="articles_list",
        parameters=[SITE, IF_NONE_MATCH, OpenApiParameter("section", str, description="Slug of a section.")],
        responses={200: ArticleListSerializer(many=True), 304: None},
    )
    def get(self, request: Request) -> HttpResponseBase:
        articles = readable_articles(site=site_for(request._request), at=timezone.now()).prefetch_related(
            "tags"
        )
        section = request.query_params.get("section")
        if section:
            articles = articles.filter(section__slug=section)
        page = self.paginate_queryset(articles)
        return entity(request, self.get_paginated_response(self.get_serializer(page, many=True).data).data)


class ArticleDetail(StrictView):
    """One published article."""

    authentication_classes = ()
    query_parameters = frozenset({"site"})

    @extend_schema(
        operation_id="articles_read",
        parameters=[SITE, IF_NONE_MATCH],
        responses={200: ArticleDetailSerializer, 304: None},
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        article = readable_article(site=site_for(request._request), slug=slug, at=timezone.now())
        return entity(request, ArticleDetailSerializer(article).data)


class ArticleBySource(StrictView):
    """The site's content management system creates and updates an article under its own id."""

    permission_classes = (ArticlesWriter,)
    query_parameters = frozenset({"site"})
    problem_statuses = {"PUT": {"409": "Two writers at once"}}

    @extend_schema(
        operation_id="articles_put_by_source",
        parameters=[SITE],
        request=SourceArticleSerializer,
        responses={200: ArticleDetailSerializer, 201: ArticleDetailSerializer},
    )
    def put(self, request: Request, external_id: str) -> Response:
        if len(external_id) > 120 or "\0" in external_id:
            raise FieldError("external_id", "Use at most 120 characters.", code="max_length")
        serializer = SourceArticleSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        article, is_new = save_from_source(
            site=site_for(request._request),
            external_id=external_id,
            fields=serializer.validated_data,
            actor=request.user,
            at=timezone.now(),
        )
        headers = {"Location": f"/api/v1/articles/{article.slug}/"} if is_new else {}
        return Response(ArticleDetailSerializer(article).data, status=201 if is_new else 200, headers=headers)
