"""Whether the house itself is writing: its comments carry a badge and are not counted against limits."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest


def is_by_staff(request: HttpRequest) -> bool:
    """Whether somebody signed in to the admin sent this from a page of this site. Costs readers no query."""
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return False
    # Browsers say where a request comes from; another site's page must not write in the house's name.
    if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        return False
    user = get_user(request)
    return bool(user.is_active and getattr(user, "is_staff", False))
