"""Under *Why this ad?* stands a short reference: however it is typed, it opens that decision alone."""

from __future__ import annotations

from uuid import UUID

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from ads.delivery.models import AdDecision
from ads.delivery.references import LENGTH, LETTERS, ids_meant, reference_of
from ads.delivery.serving import serve
from articles.models import Article, Site
from newsroom.ids import uuid7
from tests.ads.conftest import Caller, new_article, new_creative, new_line_item, new_slot

_RANDOM = st.integers(0, (1 << 128) - 1).map(
    lambda bits: UUID(int=bits & ~(0xF << 76) & ~(0b11 << 62) | 0x7 << 76 | 0b10 << 62)
)


@given(_RANDOM)
def test_a_reference_means_the_ids_that_begin_like_it(pk: UUID) -> None:
    text = reference_of(pk)
    meant = ids_meant(text)
    assert meant is not None
    first, last = meant
    assert first <= pk <= last
    assert len(text.replace("-", "")) == LENGTH
    assert first.int >> 47 == pk.int >> 47 == last.int >> 47
    assert (first.version, last.version) == (7, 7)
    assert reference_of(first) == reference_of(last) == text


@given(st.text(max_size=40) | st.text(LETTERS + "oilOIL- ", min_size=13, max_size=19))
def test_what_is_typed_is_a_reference_or_nothing(typed: str) -> None:
    meant = ids_meant(typed)
    assert meant is None or meant[0] <= meant[1]


def test_it_may_be_typed_as_people_type() -> None:
    pk = UUID("01937f2e-7000-7111-8222-333344445560")
    text = reference_of(pk)
    for typed in (
        text.lower(),
        text.replace("-", " "),
        f"  {text.replace('-', '')} ",
        text.replace("0", "o").replace("1", "l"),
    ):
        assert ids_meant(typed) == ids_meant(text)
    assert ids_meant(str(pk).upper()) == (pk, pk)


@pytest.fixture
def article(site: Site) -> Article:
    new_creative(new_line_item(site, new_slot(site, code="top"), price_micros=8_500_000))
    return new_article(site)


@pytest.mark.django_db
def test_the_api_explains_by_either(article: Article, manager: Caller) -> None:
    serve(article, ["top"], at=timezone.now())
    pk = AdDecision.objects.get().pk
    text = reference_of(pk)
    for asked in (text, text.lower(), str(pk)):
        answer = manager.get(f"/api/v1/ads/decisions/{asked}/explain/")
        assert (answer.status_code, answer.json()["decision"]) == (200, str(pk))  # type: ignore[attr-defined]
    for asked in (reference_of(uuid7()), "5" * 15, "U" * 15, "none"):
        assert manager.get(f"/api/v1/ads/decisions/{asked}/explain/").status_code == 404


@pytest.mark.django_db
def test_two_that_begin_alike_are_opened_by_their_ids_alone(article: Article, manager: Caller) -> None:
    serve(article, ["top"], at=timezone.now())
    one = AdDecision.objects.get()
    text, first = reference_of(one.pk), one.pk
    one.pk = UUID(int=first.int ^ 1)
    one.save(force_insert=True)
    assert manager.get(f"/api/v1/ads/decisions/{text}/explain/").status_code == 404
    assert manager.get(f"/api/v1/ads/decisions/{first}/explain/").status_code == 200


@pytest.mark.django_db
def test_the_form_of_complaints_takes_either(article: Article, admin_client: object) -> None:
    serve(article, ["top"], at=timezone.now())
    pk = AdDecision.objects.get().pk
    where = reverse("admin:ads_where")
    for asked in (reference_of(pk), reference_of(pk).lower().replace("-", " "), str(pk)):
        page = admin_client.get(where, {"reference": asked})  # type: ignore[attr-defined]
        assert reference_of(pk) in page.content.decode()
    page = admin_client.get(where, {"reference": "it was red"}).content.decode()  # type: ignore[attr-defined]
    assert "fifteen letters" in page
