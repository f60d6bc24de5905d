"""Paths below ``/api/v1/ads/``."""

from django.urls import path

from ads import views

urlpatterns = [
    path("slots/", views.SlotList.as_view(), name="ad-slots"),
    path("slots/<uuid:pk>/", views.SlotDetail.as_view(), name="ad-slot"),
    path("advertisers/", views.AdvertiserList.as_view(), name="advertisers"),
    path("advertisers/<uuid:pk>/", views.AdvertiserDetail.as_view(), name="advertiser"),
    path("campaigns/", views.CampaignList.as_view(), name="campaigns"),
    path("campaigns/<uuid:pk>/", views.CampaignDetail.as_view(), name="campaign"),
    path("line-items/", views.LineItemList.as_view(), name="line-items"),
    path("line-items/<uuid:pk>/", views.LineItemDetail.as_view(), name="line-item"),
    path("creatives/", views.CreativeList.as_view(), name="creatives"),
    path("creatives/<uuid:pk>/", views.CreativeDetail.as_view(), name="creative"),
]
