"""Limits, campaigns and time zones that events contradict are refused by field, over the API and in forms."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from ads.delivery.reconciling import differences
from ads.models import Campaign, LineItem
from articles.models import Site
from tests.ads.conftest import Caller, field_codes, fold_all
from tests.ads.test_delivery_pages import signed_in
from tests.ads.test_the_money_adds_up import make_article, make_sold, seen
from tests.factories import UserFactory


@pytest.fixture
def item(site: Site) -> LineItem:
    """Two impressions of 8,500 micros each."""
    article, sold = make_article(site), make_sold(site)
    assert [seen(article), seen(article)] == ["", ""]
    return sold.line_item


def change(manager: Caller, item: LineItem, **fields: Any) -> dict[str, str]:
    answer = manager.patch(f"/api/v1/ads/line-items/{item.pk}/", fields, If_Match="*")
    return {} if answer.status_code == 200 else field_codes(answer)


@pytest.mark.django_db(transaction=True)
def test_a_budget_goes_no_lower_than_what_was_spent(manager: Caller, item: LineItem) -> None:
    for is_folded in (False, True):
        if is_folded:
            fold_all()
        assert change(manager, item, budget_micros=16_999) == {"budget_micros": "below_spent"}
        assert change(manager, item, price_model="flat", price_micros=16_000) == {
            "price_micros": "below_spent"
        }
        answer = manager.patch(
            f"/api/v1/ads/campaigns/{item.campaign_id}/", {"budget_micros": 0}, If_Match="*"
        )
        assert field_codes(answer) == {"budget_micros": "below_spent"}
    assert LineItem.objects.get().budget_micros is None  # Nothing of it was kept.
    assert change(manager, item, budget_micros=17_000) == {}
    assert change(manager, item, budget_micros=30_000) == {}
    assert change(manager, item, budget_micros=17_000, name="Renamed") == {}
    assert differences() == []


@pytest.mark.django_db
def test_what_has_run_stays_in_its_campaign(manager: Caller, item: LineItem, site: Site) -> None:
    own = Campaign.objects.get()
    other = Campaign.objects.create(advertiser=own.advertiser, name="Other", starts_at=own.starts_at)
    assert change(manager, item, campaign=str(other.pk)) == {"campaign": "has_events"}
    fresh = LineItem.objects.create(campaign=own, name="Not shown yet")
    assert change(manager, fresh, campaign=str(other.pk)) == {}


@pytest.mark.django_db
def test_a_site_whose_ads_were_counted_keeps_its_time_zone(
    item: LineItem, site: Site, other_site: Site
) -> None:
    admin = Client()
    admin.force_login(UserFactory(username="root", is_staff=True, is_superuser=True))
    for changed, error in ((site, "Ads were counted"), (other_site, "")):
        path = f"/admin/articles/site/{changed.pk}/change/"
        form = admin.get(path).context["adminform"].form
        fields = {name: form[name].value() for name in form.fields}
        sent = {name: value for name, value in fields.items() if value not in (None, False)}
        answer = admin.post(path, sent | {"time_zone": "Asia/Kathmandu"})
        assert (error in answer.content.decode()) if error else answer.status_code == 302
        changed.refresh_from_db()
        assert (changed.time_zone == "Asia/Kathmandu") is not bool(error)


@pytest.mark.django_db
def test_the_form_says_it_at_the_field(manager: Caller, item: LineItem) -> None:
    desk = signed_in(manager)
    for kind, changed in (("lineitem", item), ("campaign", item.campaign)):
        path = f"/admin/ads/{kind}/{changed.pk}/change/"
        form = desk.get(path).context["adminform"].form
        sent = {name: form[name].value() for name in form.fields if name != "ends_at"}
        sent = {name: value for name, value in sent.items() if value not in (None, False)}
        for name in ("starts_at", "ends_at"):
            moment = sent.pop(name, None)
            if moment is not None:
                sent |= {f"{name}_0": f"{moment:%Y-%m-%d}", f"{name}_1": f"{moment:%H:%M:%S}"}
        answer = desk.post(path, sent | {"budget_micros": "0.01"})
        assert answer.status_code == 200
        errors = answer.context["adminform"].form.errors
        assert list(errors) == ["budget_micros"], errors
        assert "0.017 was spent already" in errors["budget_micros"][0]
