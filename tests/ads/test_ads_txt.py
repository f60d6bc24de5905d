"""/ads.txt is served from the site's settings."""

from __future__ import annotations

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from articles import sites
from articles.models import Site, validate_ads_txt

TEXT = "# who sells\nexchange.example, 1234, DIRECT, f08c47fec0942fa0\nCONTACT=ads@tribune.example.org"


@pytest.mark.django_db
def test_each_site_serves_its_own(site: Site, other_site: Site, client: Client) -> None:
    assert client.get("/ads.txt").status_code == 404
    site.ads_txt = TEXT
    site.save()
    sites.forget()
    response = client.get(f"/ads.txt?site={site.code}")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.content.decode() == TEXT + "\n"
    assert client.get(f"/ads.txt?site={other_site.code}").status_code == 404


@pytest.mark.parametrize("text", ["", TEXT, "a.example, 1, reseller # why"])
def test_the_forms_lines_are_those_of_the_standard(text: str) -> None:
    validate_ads_txt(text)


@pytest.mark.parametrize("text", ["<script>", "a.example, 1", "a.example, 1, OWNER", "a.example,, DIRECT"])
def test_other_lines_are_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        validate_ads_txt(text)
