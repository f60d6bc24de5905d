"""Addresses of the public pages."""

from __future__ import annotations

from django.urls import path

from newsroom.pages import my_comments as mine
from newsroom.pages import views
from newsroom.pages.appealing import appeal, review
from newsroom.pages.embedding import embed_link, embed_script
from newsroom.pages.feeds import article_feed, site_feed
from newsroom.pages.legal import privacy, terms
from newsroom.pages.recommending import vote_on_page
from newsroom.pages.reporting import report

app_name = "pages"
urlpatterns = [
    path("", views.front, name="front"),
    path("sections/<slug:slug>/", views.section, name="section"),
    path("articles/<slug:slug>/", views.article, name="article"),
    path("comments/<uuid:comment_id>/", views.comment_status, name="comment_status"),
    path("articles/<slug:slug>/comments.atom", article_feed, name="article_feed"),
    path("embed.js", embed_script, name="embed_script"),
    path("embed/", embed_link, name="embed_link"),
    path("comments.atom", site_feed, name="site_feed"),
    path("comments/<uuid:comment_id>/votes/", vote_on_page, name="vote"),
    path("comments/<uuid:comment_id>/report/", report, name="report"),
    path("comments/<uuid:comment_id>/appeal/", appeal, name="appeal"),
    path("appeals/review/", review, name="appeal_review"),
    path("terms/", terms, name="terms"),
    path("privacy/", privacy, name="privacy"),
    path("my/comments/", mine.ask, name="my_comments"),
    path("my/comments/open/", mine.open_link, name="my_comments_open"),
    path("my/comments/act/", mine.act, name="my_comments_act"),
    path("my/verify/", mine.verify, name="verify"),
    path("my/unsubscribe/", mine.unsubscribe, name="unsubscribe"),
    path("ads.txt", views.ads_txt, name="ads_txt"),
    path("about/comments/", views.about_comments, name="about_comments"),
]
