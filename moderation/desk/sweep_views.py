"""The page that holds or rejects several comments at once, after showing what it will do."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from moderation.desk.moderators import Visit
from moderation.desk.pages import desk_page, filters_of, for_editors, undo_strip, user_id_of, wanted_of
from moderation.desk.queues import QUEUES
from moderation.desk.sweeping import actions_of, catch


@require_safe
@for_editors
def several(request: HttpRequest, here: Visit, key: str) -> HttpResponse:
    """Everything that the filters catch, on all pages, and what can be done with it in one step."""
    shown = QUEUES.get(key)
    if shown is None or not actions_of(shown):
        raise Http404
    now = timezone.now()
    context = {
        "queue": shown,
        "catch": catch(
            shown, wanted=wanted_of(request, here), user_id=user_id_of(request), blur=here.blur, now=now
        ),
        "actions": actions_of(shown),
        "filters": filters_of(request, here, shown),
        "undo": undo_strip(request),
    }
    return desk_page(request, here, "desk/several.html", title="Several at once", context=context)
