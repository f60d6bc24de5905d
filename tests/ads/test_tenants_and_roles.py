"""Every path of ads, for every role and both tenants: who is let in, and what does not exist for whom."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from ads.delivery.serving import serve
from ads.models import Advertiser, Assignment, Campaign, Creative, LineItem, PolicyOverride, Slot
from ads.urls import urlpatterns
from articles.models import Site
from tests.ads.conftest import Caller, new_article, new_creative, new_line_item, new_slot

pytestmark = pytest.mark.django_db

KINDS: dict[str, type[Any]] = {
    "slots": Slot,
    "advertisers": Advertiser,
    "campaigns": Campaign,
    "line-items": LineItem,
    "creatives": Creative,
    "policy-overrides": PolicyOverride,
}
SOLD = ("advertisers", "campaigns", "line-items", "creatives")  # What an advertiser may read, of its own.
DAY = "from=2026-01-01&to=2026-01-02"


def fill(site: Site) -> dict[str, UUID]:
    """One object of every kind, and a decision."""
    slot = new_slot(site, code="top")
    item = new_line_item(site, slot)
    creative = new_creative(item)
    override = PolicyOverride.objects.create(
        site=site, reason="News", expires_at=timezone.now() + timezone.timedelta(hours=1)
    )
    (served,) = serve(new_article(site), ["top"], at=timezone.now())
    assert served.decision is not None
    return {
        "slots": slot.pk,
        "advertisers": item.campaign.advertiser_id,
        "campaigns": item.campaign_id,
        "line-items": item.pk,
        "creatives": creative.pk,
        "policy-overrides": override.pk,
        "decisions": served.decision.pk,
    }


@pytest.fixture
def ours(site: Site) -> dict[str, UUID]:
    return fill(site)


@pytest.fixture
def theirs(other_site: Site) -> dict[str, UUID]:
    return fill(other_site)


@pytest.fixture
def advertiser(site: Site, ours: dict[str, UUID], caller: Callable[..., Caller]) -> Caller:
    """Somebody at the advertiser whose campaign runs here."""
    found = caller("advertiser")
    Assignment.objects.create(user=found.user, site=site, advertiser_id=ours["advertisers"])
    return found


def paths(ids: dict[str, UUID]) -> list[tuple[str, str, str]]:
    """(kind, what, path) of everything that can be asked with these ids."""
    base = "/api/v1/ads"
    found = []
    for kind in KINDS:
        found.append((kind, "list", f"{base}/{kind}/"))
        found.append((kind, "bulk", f"{base}/{kind}/bulk/"))
        found.append((kind, "one", f"{base}/{kind}/{ids[kind]}/"))
        found.append((kind, "history", f"{base}/{kind}/{ids[kind]}/history/"))
    found.append(("creatives", "approve", f"{base}/creatives/{ids['creatives']}/approve/"))
    found.append(("decisions", "explain", f"{base}/decisions/{ids['decisions']}/explain/"))
    found.append(("reports", "report", f"{base}/reports/?{DAY}"))
    found.append(("images", "list", f"{base}/images/"))
    found.append(("images", "one", f"{base}/images/{uuid4()}/"))
    return found


def reads(who: Caller, ids: dict[str, UUID]) -> dict[tuple[str, str], int]:
    asked = [found for found in paths(ids) if found[1] not in ("bulk", "approve")]
    return {(kind, what): who.get(path).status_code for kind, what, path in asked}


def writes(who: Caller, ids: dict[str, UUID]) -> dict[tuple[str, str, str], int]:
    """Every way to change something; bodies are empty, so that who may write gets 400."""
    found = {}
    for kind, what, path in paths(ids):
        methods = {
            "one": ("PUT", "PATCH", "DELETE"),
            "list": ("POST",),
            "bulk": ("POST",),
            "approve": ("POST",),
        }
        for method in methods.get(what, ()):
            if kind != "images":
                found[kind, what, method] = who.call(method, path, {}, If_Match='"999"').status_code
    return found


def test_the_matrix_knows_every_path(ours: dict[str, UUID]) -> None:
    known = {path.partition("?")[0].removeprefix("/api/v1/ads/") for _, _, path in paths(ours)}
    blind = {"decisions/"}  # Asked by pages, of no role.
    for pattern in urlpatterns:
        route = str(pattern.pattern)
        shape = [part for part in route.split("/") if part and not part.startswith("<")]
        if route in blind | {
            "availability/",
            "exposures/",
            "exposures/credit/",
            "earnings/",
            "runs/",
            "credits/",
            "statements/",
            "statements/<uuid:pk>/",
        }:  # Tested beside what they do.
            continue
        assert any(
            [part for part in path.split("/") if part and "-" not in part[8:9]] == shape for path in known
        ), route


@pytest.mark.parametrize("role", ["", "cms"])
def test_who_has_no_role_here_gets_nothing(
    ours: dict[str, UUID], caller: Callable[..., Caller], role: str
) -> None:
    who = caller(role)
    assert set(reads(who, ours).values()) == set(writes(who, ours).values()) == {403}


def test_without_a_token_everything_is_401(ours: dict[str, UUID], nobody: Caller) -> None:
    assert set(reads(nobody, ours).values()) == set(writes(nobody, ours).values()) == {401}


def test_an_editor_reads_and_overrides(ours: dict[str, UUID], caller: Callable[..., Caller]) -> None:
    editor = caller("editor")
    found = reads(editor, ours)
    assert found.pop(("images", "one")) == 404
    assert set(found.values()) == {200}
    allowed = {key for key, status in writes(editor, ours).items() if status != 403}
    assert {key[:2] for key in allowed} == {
        ("policy-overrides", "list"), ("policy-overrides", "bulk"), ("policy-overrides", "one"),
        ("creatives", "approve"),
    }  # fmt: skip


def test_an_ad_manager_does_everything_but_the_editors_switch(ours: dict[str, UUID], manager: Caller) -> None:
    found = reads(manager, ours)
    assert found.pop(("images", "one")) == 404
    assert set(found.values()) == {200}
    refused = {key[0] for key, status in writes(manager, ours).items() if status == 403}
    assert refused == {"policy-overrides"}


def test_an_advertiser_reads_its_own_and_changes_nothing(ours: dict[str, UUID], advertiser: Caller) -> None:
    found = reads(advertiser, ours)
    open_paths = {(kind, what) for kind in SOLD for what in ("list", "one")} | {("reports", "report")}
    assert {key for key, status in found.items() if status == 200} == open_paths
    assert {status for key, status in found.items() if key not in open_paths} == {403}
    assert set(writes(advertiser, ours).values()) == {403}


def test_another_advertiser_of_the_same_paper_does_not_exist_for_it(
    site: Site, ours: dict[str, UUID], advertiser: Caller
) -> None:
    item = new_line_item(site)
    creative = new_creative(item)
    rivals = {"advertisers": item.campaign.advertiser_id, "campaigns": item.campaign_id}
    rivals |= {"line-items": item.pk, "creatives": creative.pk}
    for kind in SOLD:
        assert advertiser.get(f"/api/v1/ads/{kind}/{rivals[kind]}/").status_code == 404
        listed = advertiser.get(f"/api/v1/ads/{kind}/").json()["results"]
        assert [one["id"] for one in listed] == [str(ours[kind])]
    asked = advertiser.get(f"/api/v1/ads/campaigns/?advertiser={rivals['advertisers']}")
    assert asked.json()["errors"][0]["code"] == "does_not_exist"


def test_an_advertiser_without_an_assignment_sees_nothing(
    ours: dict[str, UUID], caller: Callable[..., Caller]
) -> None:
    stranger = caller("advertiser")
    for kind in SOLD:
        assert stranger.get(f"/api/v1/ads/{kind}/").json()["results"] == []
        assert stranger.get(f"/api/v1/ads/{kind}/{ours[kind]}/").status_code == 404
    assert stranger.get(f"/api/v1/ads/reports/?{DAY}").json()["rows"] == []


@pytest.mark.parametrize("role", ["ad manager", "editor", "advertiser"])
def test_another_tenants_objects_are_404_by_any_path(
    site: Site, ours: dict[str, UUID], theirs: dict[str, UUID], caller: Callable[..., Caller], role: str
) -> None:
    who = caller(role)
    if role == "advertiser":
        Assignment.objects.create(user=who.user, site=site, advertiser_id=ours["advertisers"])
    for query in ("", "?site=tribune"):
        for kind, what, path in paths(theirs):
            if what in ("one", "history", "explain") and kind != "images":
                assert who.get(path + query).status_code in {404, 403 if role == "advertiser" else 404}
    for status in (status for key, status in writes(who, theirs).items() if key[1] in ("one", "approve")):
        assert status in {403, 404}
    for _, what, path in paths(theirs):
        joint = "&" if "?" in path else "?"
        if what in ("list", "one", "report"):
            assert who.get(f"{path}{joint}site=herald").status_code in {
                404,
                403 if role == "advertiser" else 404,
            }
    for kind, model in KINDS.items():
        assert model.objects.get(pk=theirs[kind]).version == 1


def test_another_tenants_objects_cannot_be_built_upon(manager: Caller, theirs: dict[str, UUID]) -> None:
    campaign = {"advertiser": str(theirs["advertisers"]), "name": "X", "starts_at": "2026-01-01T00:00:00Z"}
    item = {"campaign": str(theirs["campaigns"]), "name": "X"}
    creative = {"line_item": str(theirs["line-items"]), "headline": "X", "target_url": "https://example.com/"}
    for kind, body in (("campaigns", campaign), ("line-items", item), ("creatives", creative)):
        for path, sent in ((f"{kind}/", body), (f"{kind}/bulk/", {"objects": [body]})):
            answer = manager.post(f"/api/v1/ads/{path}", sent)
            assert answer.status_code == 400
            assert answer.json()["errors"][0]["code"] == "does_not_exist"
