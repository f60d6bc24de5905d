"""Every path of the ports' process."""

from django.urls import path

from moderation.ports import views

urlpatterns = [
    path("v1alpha1/comments:analyze", views.analyze),
    path("v1alpha1/comments:suggestscore", views.suggest_score),
    path("$discovery/rest", views.describe),
]

handler404 = "moderation.ports.views.not_found"
handler500 = "moderation.ports.views.server_error"
