"""Reporting a comment over the API."""

from __future__ import annotations

from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from comments.reports.serializers import ReportedSerializer, ReportWriteSerializer
from comments.reports.services import report_comment
from comments.staff import is_by_staff
from comments.views import CommentView, site_of_readable
from newsroom.limits import client_network


class CommentReports(CommentView):
    query_parameters = frozenset()
    problem_statuses = {"POST": {"429": "Too many; see Retry-After"}}

    @extend_schema(
        operation_id="comments_report",
        request=ReportWriteSerializer,
        responses={202: ReportedSerializer, 200: ReportedSerializer},
    )
    def post(self, request: Request, comment_id: UUID) -> Response:
        """Report a comment to the editors, once per network and day: 202; again: 200 with the first one's id.

        `illegal` is a notice under Art. 16 of the EU's Digital Services Act, and needs what that asks for.
        """
        site_id = site_of_readable(comment_id)
        serializer = ReportWriteSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        report_id, is_new = report_comment(
            comment_id=comment_id,
            notice=serializer.notice(),
            network=client_network(request._request),
            at=timezone.now(),
            site_id=site_id,
            by_staff=is_by_staff(request._request),
        )
        headers = {"Cache-Control": "no-store"}
        return Response({"id": report_id}, status=202 if is_new else 200, headers=headers)
