"""Addresses of the public pages."""

from __future__ import annotations

from django.urls import path

from newsroom.pages import views
from newsroom.pages.reporting import report

app_name = "pages"
urlpatterns = [
    path("", views.front, name="front"),
    path("sections/<slug:slug>/", views.section, name="section"),
    path("articles/<slug:slug>/", views.article, name="article"),
    path("comments/<uuid:comment_id>/", views.comment_status, name="comment_status"),
    path("comments/<uuid:comment_id>/report/", report, name="report"),
    path("ads.txt", views.ads_txt, name="ads_txt"),
    path("about/comments/", views.about_comments, name="about_comments"),
]
