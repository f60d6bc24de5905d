"""Letting a comment stand that readers reported."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from comments.models import Comment
from moderation.desk.claims import let_go, refuse_if_in_other_hands
from moderation.desk.forms import Seen
from moderation.desk.moderators import Visit
from moderation.desk.pages import for_editors, way_back
from moderation.reported import dismiss_reports
from newsroom.errors import DomainError


@require_POST
@for_editors
def dismiss(request: HttpRequest, here: Visit, comment_id: UUID) -> HttpResponse:
    """The comment stays, though it was reported. Who reported is told, if they left an address."""
    section = Comment.objects.filter(pk=comment_id).values_list("article__section_id", flat=True).first()
    if section is None or not here.covers(section):
        raise Http404
    try:
        seen = Seen.parse(request.POST.get("seen", ""))
    except ValueError:
        raise Http404 from None
    try:
        refuse_if_in_other_hands(comment_id=comment_id, user=request.user)
        number = dismiss_reports(
            comment_id=comment_id,
            seen_revision=seen.revision,
            actor=request.user,
            why=request.POST.get("note", ""),
        )
    except DomainError as error:
        messages.error(request, f"Nothing was decided: {error.detail}.")
        return HttpResponseRedirect(reverse("admin:desk_comment", args=[comment_id]))
    let_go(comment_id=comment_id, user=request.user)
    messages.success(request, f"The comment stands; {number} report{'s' if number != 1 else ''} settled.")
    return HttpResponseRedirect(way_back(request))
