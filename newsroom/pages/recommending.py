"""Recommending a comment without script: a button, a way back to the comment, and one to take it back."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from articles.selectors import site_for
from comments.limiting import count_a_use
from comments.models import Comment
from comments.staff import is_by_staff
from comments.voting import vote
from newsroom.errors import DomainError
from newsroom.limits import client_network
from newsroom.pages.answering import answer_page, refuse_from_elsewhere, see_other, site_masthead
from newsroom.pages.discussion import permalink
from newsroom.pages.words import vote_problem

VALUES = {"1": 1, "0": 0, "-1": -1}


# No cookie stands for anybody here; the check of where the form comes from takes the token's place.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def vote_on_page(request: HttpRequest, comment_id: UUID) -> HttpResponse:
    """Set this reader's vote and lead back to the comment, which then offers to take it back.

    A GET sets none: after a refusal the address stands in the browser, and leads back to the comment too.
    """
    now, site = timezone.now(), site_for(request)
    readable = Comment.objects.under_readable_articles(at=now).filter(article__site=site)
    comment = get_object_or_404(readable.published().select_related("article"), pk=comment_id)
    if request.method != "POST":
        return see_other(permalink(comment))
    refuse_from_elsewhere(request)
    value = VALUES.get(request.POST.get("value", ""))
    if value is None:
        raise Http404
    network = client_network(request)
    try:
        count_a_use(network, limit="vote", site_id=site.pk, by_staff=is_by_staff(request))
        vote(comment_id=comment_id, network=network, value=value, at=now)
    except DomainError as error:
        heading, explanation = vote_problem(error.code, retry_after_s=error.retry_after_s)
        context = {
            "masthead": site_masthead(site),
            "status": error.status,
            "heading": heading,
            "explanation": explanation,
        }
        headers = {"Cache-Control": "no-store"}
        if error.retry_after_s:
            headers["Retry-After"] = str(error.retry_after_s)
        return answer_page("pages/error.html", context, status=error.status, headers=headers)
    return see_other(permalink(comment).replace("#", f"&voted={value}#") if value else permalink(comment))
