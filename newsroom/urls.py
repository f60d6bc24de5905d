"""Every path of the product."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from ads.delivery.desk import proof_of_delivery
from ads.delivery.views import event
from moderation.ports.scores_views import ScoresElsewhere
from newsroom.media import media

urlpatterns = [
    path("api/v1/", include("articles.urls")),
    path("api/v1/", include("comments.urls")),
    path("api/v1/", include("moderation.appeals.urls")),
    path("api/v1/ads/", include("ads.urls")),
    path("api/v1/scores/", ScoresElsewhere.as_view(), name="scores"),
    path("api/schema/", SpectacularAPIView.as_view(), name="schema"),
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="schema"), name="docs"),
    re_path(r"^a/(?P<letter>[ivc])/(?P<token>[\w.-]{1,600})$", event, name="ad-event"),
    path("statements/<str:token>/", proof_of_delivery, name="ad-statement"),
    path("admin/", admin.site.urls),
    path("media/<path:path>", media),
]
if settings.DEMO:
    urlpatterns.append(path("demo/", include("newsroom.demo.urls")))
urlpatterns.append(path("", include("newsroom.pages.urls")))

handler403 = "newsroom.pages.views.permission_denied"
handler404 = "newsroom.pages.views.page_not_found"
handler500 = "newsroom.pages.views.server_error"
