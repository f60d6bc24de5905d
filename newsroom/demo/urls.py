"""Addresses of the tour. Included in demo mode only (``newsroom.urls``)."""

from __future__ import annotations

from django.urls import path

from newsroom.demo import views

app_name = "demo"
urlpatterns = [
    path("", views.tour, name="tour"),
    path("enter/<str:token>/", views.enter, name="enter"),
    path("comments/<uuid:comment_id>/", views.comment_journey, name="journey"),
    path("parts/", views.parts, name="parts"),
    path("mail/", views.mail, name="mail"),
    path("elsewhere/", views.elsewhere, name="elsewhere"),
]
