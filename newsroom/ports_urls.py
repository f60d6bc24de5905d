"""Every path of the ports' process."""

from django.urls import path

from moderation.ports import akismet_views, views

urlpatterns = [
    path("v1alpha1/comments:analyze", views.analyze),
    path("v1alpha1/comments:suggestscore", views.suggest_score),
    path("$discovery/rest", views.describe),
    path("api/v1/scores/", views.scores),
    path("1.1/verify-key", akismet_views.verify_key),
    path("1.1/comment-check", akismet_views.comment_check),
    path("1.1/submit-spam", akismet_views.submit_spam),
    path("1.1/submit-ham", akismet_views.submit_ham),
]

handler404 = "moderation.ports.views.not_found"
handler500 = "moderation.ports.views.server_error"
