"""Appealing over the API, with the token of the status page."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from comments.limiting import count_a_use
from comments.models import Comment
from comments.tokens import is_status_token
from comments.views import CommentView
from moderation.appeals.selectors import last_appeal
from moderation.appeals.serializers import AppealSerializer, AppealWriteSerializer
from moderation.appeals.services import file_appeal
from newsroom.limits import client_network

TOKEN = OpenApiParameter("token", str, required=True, description="As in `appeal_url`.")


class CommentAppeal(CommentView):
    query_parameters = frozenset({"token"})
    problem_statuses = {
        "POST": {
            "403": "The six months for an appeal have passed",
            "409": "There is no refusal, or it was appealed against already",
            "429": "Too many; see Retry-After",
        }
    }

    @extend_schema(operation_id="comments_appeal_read", parameters=[TOKEN], responses=AppealSerializer)
    def get(self, request: Request, comment_id: UUID) -> Response:
        """What became of one's newest appeal about a comment; 404 without one."""
        self._check_token(request, comment_id)
        appeal = last_appeal(comment_id)
        if appeal is None:
            raise Http404
        return Response(AppealSerializer(appeal).data, headers={"Cache-Control": "no-store"})

    @extend_schema(
        operation_id="comments_appeal",
        parameters=[TOKEN],
        request=AppealWriteSerializer,
        responses={202: AppealSerializer},
    )
    def post(self, request: Request, comment_id: UUID) -> Response:
        """Object to the refusal of one's comment, once, within six months. Another person decides."""
        site_id = self._check_token(request, comment_id)
        serializer = AppealWriteSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        count_a_use(client_network(request._request), site_id=site_id, limit="report")
        appeal = file_appeal(comment_id=comment_id, text=serializer.validated_data["text"], at=timezone.now())
        return Response(AppealSerializer(appeal).data, status=202, headers={"Cache-Control": "no-store"})

    def _check_token(self, request: Request, comment_id: UUID) -> UUID:
        """The site of the comment, which the token must be for."""
        is_theirs = is_status_token(comment_id, request.query_params.get("token", ""))
        found = Comment.objects.filter(pk=comment_id).values_list("article__site_id", flat=True)
        site_id = found.first() if is_theirs else None
        if site_id is None:
            raise Http404
        return site_id
