"""Comments over the API. A bearer token here is an author token, and never tried as an API token."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from articles.selectors import articles_by_slug, commentable_article, readable_article, site_for
from comments import selectors
from comments.form_tokens import asked_form_age_s
from comments.limiting import count_a_use
from comments.models import Comment
from comments.nudging import is_nudged
from comments.rendering import ThreadKey, render_replies, thread_bytes
from comments.serializers import (
    AcceptedSerializer,
    CommentEditSerializer,
    CommentWriteSerializer,
    CountsSerializer,
    EditedSerializer,
    RepliesSerializer,
    StatusSerializer,
    ThreadSerializer,
    VotesSerializer,
    VoteWriteSerializer,
)
from comments.services import Submission, accept_comment, edit_comment, withdraw_comment
from comments.signals import comment_status_asked
from comments.staff import is_by_staff
from comments.tokens import author_token, is_author_token, is_status_token, status_token
from comments.voting import vote
from newsroom.api import StrictView, absolute_path, conditional, entity, page_limit, strong_etag
from newsroom.errors import FieldError
from newsroom.limits import client_network
from newsroom.openapi import IF_NONE_MATCH

SITE = OpenApiParameter("site", str, description="Code of a site; default: by Host.")
CURSOR = OpenApiParameter("cursor", str, description="From `next`.")
LIMIT = OpenApiParameter("limit", int, description="1 to 100 (default 50); larger is clamped.")
AUTHOR: Any = [{"authorToken": []}]  # Described in newsroom.openapi.
IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key and body within 24 h give the first answer again.",
)
MOST_COUNTS = 100


def status_path(comment_id: UUID) -> str:
    """Where the author sees what became of a comment; carries a token that can only read."""
    return f"/api/v1/comments/{comment_id}/status/?{urlencode({'token': status_token(comment_id)})}"


def site_of_readable(comment_id: UUID) -> UUID:
    """The site of a comment under an article that readers may see: whose rates hold, whatever Host is sent.

    Raises:
        Http404: there is none.
    """
    readable = Comment.objects.under_readable_articles(at=timezone.now()).filter(pk=comment_id)
    site_id = readable.values_list("article__site_id", flat=True).first()
    if site_id is None:
        raise Http404
    return site_id


class CommentView(StrictView):
    """Base: readers have no account."""

    authentication_classes = ()


class ArticleComments(CommentView):
    query_parameters = frozenset({"site", "sort", "cursor", "limit"})
    problem_statuses = {
        "POST": {
            "403": "Comments are closed",
            "409": "The same address already sent this text here",
            "422": "The Idempotency-Key was used with another body",
            "429": "Too many; see Retry-After",
        }
    }

    @extend_schema(
        operation_id="comments_list",
        parameters=[SITE, IF_NONE_MATCH, OpenApiParameter("sort", str, enum=selectors.SORTS), CURSOR, LIMIT],
        responses={200: ThreadSerializer, 304: None},
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """The thread of an article, a page of roots at a time, each with its first ten replies."""
        article = readable_article(site=site_for(request._request), slug=slug, at=timezone.now())
        sort = request.query_params.get("sort", "newest")
        cursor, limit = request.query_params.get("cursor"), page_limit(request.query_params.get("limit"))
        selectors.check_place(sort, cursor)  # ``If-None-Match: *`` matches what is there, and only that.
        version, _ = selectors.thread_version(article.pk)
        site = request.query_params.get("site")  # Leads to the same site on the next page.
        etag = strong_etag("thread", article.pk, version, sort, cursor, limit, *((site,) if site else ()))

        def answer() -> HttpResponse:
            body = thread_bytes(ThreadKey(article.pk, version, request.path, sort, cursor, limit, site))
            return HttpResponse(body, content_type="application/json", headers={"Vary": "Accept-Encoding"})

        return conditional(request, etag, answer)

    @extend_schema(
        operation_id="comments_create",
        parameters=[SITE, IDEMPOTENCY],
        request=CommentWriteSerializer,
        responses={202: AcceptedSerializer},
    )
    def post(self, request: Request, slug: str) -> Response:
        """Send a comment. It is kept, judged, and shown only after a decision."""
        now = timezone.now()
        article = commentable_article(site=site_for(request._request), slug=slug, at=now)
        serializer = CommentWriteSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        sent = serializer.validated_data
        submission = Submission(
            name=sent["name"],
            email=sent["email"],
            body=sent["body"],
            parent_id=sent.get("parent"),
            network=client_network(request._request),
            form_age_s=asked_form_age_s(article, sent.get("form_token"), at=now),
            by_staff=is_by_staff(request._request),
        )
        comment_id = accept_comment(
            article=article,
            submission=submission,
            idempotency_key=request.headers.get("Idempotency-Key"),
            at=now,
        )
        answer = {
            "id": comment_id,
            "status": Comment.Status.PENDING,
            "status_url": status_path(comment_id),
            "author_token": author_token(comment_id),
        }
        return Response(answer, status=202, headers={"Cache-Control": "no-store"})


class CommentReplies(CommentView):
    query_parameters = frozenset({"cursor", "limit"})

    @extend_schema(
        operation_id="comments_replies",
        parameters=[IF_NONE_MATCH, CURSOR, LIMIT],
        responses={200: RepliesSerializer, 304: None},
    )
    def get(self, request: Request, comment_id: UUID) -> HttpResponseBase:
        """Published comments below one comment, oldest first, flat (``parent`` says where each belongs)."""
        comment = Comment.objects.under_readable_articles(at=timezone.now()).filter(pk=comment_id).first()
        if comment is None or (comment.status != Comment.Status.PUBLISHED and not comment.reply_count):
            raise Http404
        limit = page_limit(request.query_params.get("limit"))
        nodes, following = selectors.replies_page(
            comment, cursor=request.query_params.get("cursor"), limit=limit
        )
        following_path = (
            absolute_path(f"{request.path}?{urlencode({'cursor': following, 'limit': limit})}")
            if following
            else None
        )
        return entity(request, {"next": following_path, "results": render_replies(nodes)})


class CommentStatus(CommentView):
    query_parameters = frozenset({"token"})

    @extend_schema(
        operation_id="comments_status",
        parameters=[OpenApiParameter("token", str, required=True, description="From `status_url`.")],
        responses=StatusSerializer,
    )
    def get(self, request: Request, comment_id: UUID) -> Response:
        """What became of one's comment; never its text. A wrong token is 404, like an unknown comment."""
        comment = Comment.objects.filter(pk=comment_id).select_related("article").first()
        if comment is None or not is_status_token(comment_id, request.query_params.get("token", "")):
            raise Http404
        return Response(
            StatusSerializer(status_document(comment)).data, headers={"Cache-Control": "no-store"}
        )


def status_document(comment: Comment) -> dict[str, Any]:
    """``reason`` is told for refusals only: a held comment's reasons would teach how to pass."""
    tells = comment.status in {Comment.Status.REJECTED, Comment.Status.REMOVED}
    document: dict[str, Any] = {
        "status": comment.status,
        "revision": comment.revision,
        "reason": (comment.reason_code or None) if tells else None,
        "appeal_url": None,
        **({"nudge": True} if is_nudged(comment, at=timezone.now()) else {}),
    }
    answers: Any = comment_status_asked.send(sender=Comment, comment=comment)
    for _, more in answers:
        document |= more
    return document


class CommentDetail(CommentView):
    query_parameters = frozenset()
    problem_statuses = {
        "PATCH": {
            "403": "The 15 minutes to edit have passed",
            "409": "It can no longer be edited",
            "429": "Too many; see Retry-After",
        },
    }

    @extend_schema(
        operation_id="comments_edit",
        auth=AUTHOR,
        request=CommentEditSerializer,
        responses={202: EditedSerializer},
    )
    def patch(self, request: Request, comment_id: UUID) -> Response:
        """Replace one's text within 15 minutes; it is judged again before it is shown."""
        site_id = self._check_author(request, comment_id)
        serializer = CommentEditSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        count_a_use(
            client_network(request._request),
            site_id=site_id,
            by_staff=is_by_staff(request._request),
        )
        comment = edit_comment(
            comment_id=comment_id, body=serializer.validated_data["body"], at=timezone.now()
        )
        answer = {
            "id": comment.pk,
            "status": comment.status,
            "revision": comment.revision,
            "status_url": status_path(comment.pk),
        }
        return Response(EditedSerializer(answer).data, status=202, headers={"Cache-Control": "no-store"})

    @extend_schema(operation_id="comments_withdraw", auth=AUTHOR, request=None, responses={204: None})
    def delete(self, request: Request, comment_id: UUID) -> Response:
        """Withdraw one's comment, at any time; again is 204 again."""
        self._check_author(request, comment_id)
        withdraw_comment(comment_id=comment_id)
        return Response(status=204)

    def _check_author(self, request: Request, comment_id: UUID) -> UUID:
        """The site of the comment, which the token must be the author's of."""
        scheme, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        is_author = scheme.lower() == "bearer" and is_author_token(comment_id, token.strip())
        found = Comment.objects.filter(pk=comment_id).values_list("article__site_id", flat=True)
        site_id = found.first() if is_author else None
        if site_id is None:
            raise Http404
        return site_id


class CommentVotes(CommentView):
    query_parameters = frozenset()
    problem_statuses = {"POST": {"429": "Too many; see Retry-After"}}

    @extend_schema(
        operation_id="comments_vote", request=VoteWriteSerializer, responses={200: VotesSerializer}
    )
    def post(self, request: Request, comment_id: UUID) -> Response:
        """Recommend a comment, or take that back. One vote per network and day; the last one counts."""
        site_id = site_of_readable(comment_id)
        serializer = VoteWriteSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        network = client_network(request._request)
        count_a_use(
            network,
            limit="vote",
            site_id=site_id,
            by_staff=is_by_staff(request._request),
        )
        votes = vote(
            comment_id=comment_id,
            network=network,
            value=serializer.validated_data["value"],
            at=timezone.now(),
        )
        return Response({"votes": votes}, headers={"Cache-Control": "no-store"})


class CommentCounts(CommentView):
    query_parameters = frozenset({"site", "article"})

    @extend_schema(
        operation_id="comment_counts",
        parameters=[
            SITE,
            OpenApiParameter("article", str, many=True, required=True, description="Slugs, at most 100."),
        ],
        responses=CountsSerializer,
    )
    def get(self, request: Request) -> Response:
        """Published comments of several articles, for list pages; an unknown article has 0."""
        slugs = request.query_params.getlist("article")
        if not slugs:
            raise FieldError("article", "Name at least one article.", code="required")
        if len(slugs) > MOST_COUNTS:
            raise FieldError("article", f"Name at most {MOST_COUNTS} articles.", code="max_length")
        if any("\0" in slug for slug in slugs):
            raise FieldError("article", "A slug holds no such character.")
        ids = articles_by_slug(site=site_for(request._request), slugs=slugs, at=timezone.now())
        counts = selectors.published_counts(ids.values())
        answer = {slug: counts.get(ids[slug], 0) if slug in ids else 0 for slug in slugs}
        return Response({"counts": answer}, headers={"Cache-Control": "public, no-cache"})
