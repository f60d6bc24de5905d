"""Paths below ``/api/v1/ads/``."""

from django.urls import path

from ads import views

urlpatterns = [
    path("slots/", views.SlotList.as_view(), name="ad-slots"),
    path("slots/<uuid:pk>/", views.SlotDetail.as_view(), name="ad-slot"),
]
