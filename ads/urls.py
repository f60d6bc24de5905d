"""Paths below ``/api/v1/ads/``."""

from django.urls import path

from ads import views
from ads.delivery import earnings_view, exposure, planning, statements_view, whereabouts_view
from ads.delivery import views as delivery

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
    path("creatives/<uuid:pk>/approve/", views.CreativeApproval.as_view(), name="approve-creative"),
    path("images/", views.ImageList.as_view(), name="ad-images"),
    path("images/<uuid:pk>/", views.ImageDetail.as_view(), name="ad-image"),
    path("decisions/", delivery.Decisions.as_view(), name="ad-decisions"),
    path("decisions/<ad_reference:pk>/explain/", delivery.Explain.as_view(), name="explain-ad"),
    path("availability/", planning.AvailabilityView.as_view(), name="ad-availability"),
    path("exposures/", exposure.Exposures.as_view(), name="ad-exposures"),
    path("exposures/credit/", exposure.ExposureCredit.as_view(), name="credit-exposure"),
    path("earnings/", earnings_view.Earnings.as_view(), name="ad-earnings"),
    path("reports/", delivery.Report.as_view(), name="ad-report"),
    path("runs/", whereabouts_view.Runs.as_view(), name="ad-runs"),
    path("credits/", whereabouts_view.CreditDecisions.as_view(), name="credit-decisions"),
    path("statements/", statements_view.StatementList.as_view(), name="ad-statements"),
    path("statements/<uuid:pk>/", statements_view.StatementDetail.as_view(), name="ad-statement-read"),
    path("policy-overrides/", views.PolicyOverrideList.as_view(), name="policy-overrides"),
    path("policy-overrides/<uuid:pk>/", views.PolicyOverrideDetail.as_view(), name="policy-override"),
    path("slots/bulk/", views.SlotBulk.as_view(), name="slot-bulk"),
    path("slots/<uuid:pk>/history/", views.SlotHistory.as_view(), name="slot-history"),
    path("advertisers/bulk/", views.AdvertiserBulk.as_view(), name="advertiser-bulk"),
    path("advertisers/<uuid:pk>/history/", views.AdvertiserHistory.as_view(), name="advertiser-history"),
    path("campaigns/bulk/", views.CampaignBulk.as_view(), name="campaign-bulk"),
    path("campaigns/<uuid:pk>/history/", views.CampaignHistory.as_view(), name="campaign-history"),
    path("line-items/bulk/", views.LineItemBulk.as_view(), name="line-item-bulk"),
    path("line-items/<uuid:pk>/history/", views.LineItemHistory.as_view(), name="line-item-history"),
    path("creatives/bulk/", views.CreativeBulk.as_view(), name="creative-bulk"),
    path("creatives/<uuid:pk>/history/", views.CreativeHistory.as_view(), name="creative-history"),
    path("policy-overrides/bulk/", views.PolicyOverrideBulk.as_view(), name="policy-override-bulk"),
    path(
        "policy-overrides/<uuid:pk>/history/",
        views.PolicyOverrideHistory.as_view(),
        name="policy-override-history",
    ),
]
