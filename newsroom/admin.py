"""The admin site: plain Django with our own dress, the desk in front, and times in the title's own zone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin, messages
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache

from newsroom.access.login import LimitedLoginForm
from newsroom.access.sessions import end_if_over, end_if_unverified
from newsroom.access.step_up import page_of


class NewsroomAdminSite(admin.AdminSite):
    site_header = "Newsroom"
    site_title = "Newsroom"
    index_title = "Everything"
    login_form = LimitedLoginForm
    enable_nav_sidebar = False  # The bar on top leads everywhere; the width is for the work.

    def get_urls(self) -> list[URLPattern | URLResolver]:
        from ads.delivery.desk import delivery_urls
        from ads.desk_views import ads_urls
        from moderation.desk.urls import desk_urls
        from moderation.lifecycle.urls import classifier_urls
        from newsroom.access.urls import access_urls
        from newsroom.preview import ad_preview, article_preview, booking_preview

        preview = path("preview/<uuid:article_id>/", self.admin_view(article_preview), name="article_preview")
        ad = path(
            "preview/ads/<uuid:creative_id>/<uuid:article_id>/",
            self.admin_view(ad_preview),
            name="ad_preview",
        )
        book = path("preview/booking/", self.admin_view(booking_preview), name="booking_preview")
        classifier = classifier_urls(self.admin_view)
        return [
            *access_urls(self.admin_view),
            *desk_urls(self.admin_view),
            *classifier,
            *ads_urls(self.admin_view),
            *delivery_urls(self.admin_view),
            preview,
            ad,
            book,
            *super().get_urls(),
        ]

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Django's login, which does not end at the password where there is a second factor."""
        from newsroom.access.second_factor_views import StaffLogin

        if request.method == "GET" and self.has_permission(request):
            return HttpResponseRedirect(reverse("admin:index"))
        context = {
            **self.each_context(request),
            "title": gettext("Log in"),
            "subtitle": None,
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
            **(extra_context or {}),
        }
        if REDIRECT_FIELD_NAME not in request.GET and REDIRECT_FIELD_NAME not in request.POST:
            context[REDIRECT_FIELD_NAME] = reverse("admin:index")
        view: Any = StaffLogin.as_view(
            extra_context=context, authentication_form=self.login_form, template_name="admin/login.html"
        )
        answer: HttpResponse = never_cache(view)(request)
        return answer

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Any:
        """Django's guard, and around it the default title's time zone: editors read and type local times."""
        guarded = super().admin_view(view, cacheable)

        def in_local_time(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if end_if_over(request):
                messages.warning(request, gettext("You were signed out, as you were away for long."))
            if end_if_unverified(request):
                messages.warning(request, gettext("Staff need a second factor here. Sign in once more."))
            is_form = request.method == "POST" and request.path != reverse("admin:logout")
            if is_form and not self.has_permission(request):
                return _to_login(request)
            with timezone.override(_zone()):
                response: HttpResponse = guarded(request, *args, **kwargs)
                if hasattr(response, "render") and callable(response.render):
                    response.render()  # Here, since a lazy response would be rendered in UTC.
            return response

        return in_local_time

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        may_decide = request.user.has_perm("moderation.add_decision")
        return {
            **super().each_context(request),
            "may_decide": may_decide,
            "waiting": SimpleLazyObject(_waiting) if may_decide else 0,
            "emergencies": SimpleLazyObject(_emergencies) if may_decide else [],
            "may_end_emergency": SimpleLazyObject(lambda: _may_end_emergency(request.user)),
        }


def _to_login(request: HttpRequest) -> HttpResponse:
    """To the login, and from there to the page of the form: its own path may take nothing but forms."""
    if not request.user.is_authenticated:
        messages.warning(
            request, gettext("Nothing was done: you are not signed in. Sign in and send it again.")
        )
    return redirect_to_login(page_of(request), reverse("admin:login"))


def _waiting() -> int:
    from moderation.desk.queues import waiting_count

    return waiting_count()


def _emergencies() -> list[Any]:
    from moderation.emergencies import standing

    return list(standing(now=timezone.now()))


def _may_end_emergency(user: Any) -> bool:
    """Asked only while an emergency stands: it is for a whole site, so not for those of some sections."""
    from moderation.desk.models import Moderator

    has_sections = Moderator.objects.filter(user=user.pk, sections__isnull=False).exists()
    return bool(user.has_perm("moderation.add_emergency")) and not has_sections


def _zone() -> ZoneInfo | None:
    """The default title's zone; None (UTC) where there is no title yet."""
    from articles.models import Site

    name = Site.objects.filter(is_default=True).values_list("time_zone", flat=True).first()
    return ZoneInfo(name) if name else None
