"""Recommending a comment: one vote per network and day, counted once, shown at once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from comments.models import Comment, CommentSettings, Vote
from comments.voting import forget_votes, vote
from tests.contract.helpers import UNKNOWN, comments_path, fields, problem
from tests.factories import CommentFactory

pytestmark = pytest.mark.django_db


def send(client: Client, comment: Comment, value: Any, *, network: str = "192.0.2.1") -> Any:
    path = f"/api/v1/comments/{comment.pk}/votes/"
    return client.post(path, json.dumps({"value": value}), "application/json", REMOTE_ADDR=network)


def shown(client: Client, comment: Comment) -> int:
    [entry] = client.get(comments_path(comment.article)).json()["results"]
    votes: int = entry["votes"]
    return votes


def test_a_vote_counts_once_and_can_be_taken_back(client: Client) -> None:
    comment = CommentFactory(status="published")

    assert [send(client, comment, value).json() for value in (1, 1, 0, 0, 1)] == [
        {"votes": 1},
        {"votes": 1},
        {"votes": 0},
        {"votes": 0},
        {"votes": 1},
    ]
    assert shown(client, comment) == 1


def test_each_network_has_its_vote_and_one_household_shares_one(client: Client) -> None:
    comment = CommentFactory(status="published")

    for network in ("192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::2"):
        answer = send(client, comment, 1, network=network)

    assert answer.json() == {"votes": 3}


def test_a_vote_makes_the_thread_new(client: Client) -> None:
    comment = CommentFactory(status="published")
    held = client.get(comments_path(comment.article))["ETag"]
    send(client, comment, 1)

    again = client.get(comments_path(comment.article), headers={"If-None-Match": held})

    assert again.status_code == 200
    assert again.json()["results"][0]["votes"] == 1


def test_voting_against_is_for_sites_that_want_it(client: Client) -> None:
    comment = CommentFactory(status="published")
    assert fields(send(client, comment, -1)) == {"value": "invalid_choice"}

    CommentSettings.objects.create(site=comment.article.site, downvotes=True)
    send(client, comment, 1)

    assert send(client, comment, -1).json() == {"votes": -1}
    assert shown(client, comment) == -1


@pytest.mark.parametrize("value", [2, -2, "1", True, None, 1.5, [1]])
def test_what_is_no_vote_is_refused_by_name(client: Client, value: Any) -> None:
    assert set(fields(send(client, CommentFactory(status="published"), value))) == {"value"}
    assert not Vote.objects.exists()


@pytest.mark.parametrize("status", ["pending", "held", "rejected", "removed", "withdrawn", "erased"])
def test_only_what_readers_see_can_be_recommended(client: Client, status: str) -> None:
    problem(send(client, CommentFactory(status=status), 1), 404, "not_found")


def test_a_vote_for_nothing_is_not_found(client: Client) -> None:
    problem(client.post(f"/api/v1/comments/{UNKNOWN}/votes/", "{}", "application/json"), 404, "not_found")


def test_too_many_votes_of_one_network_are_refused(client: Client, settings: Any) -> None:
    settings.NEWSROOM_LIMITS = "strict"
    comment = CommentFactory(status="published")

    answers = [send(client, comment, n % 2, network="198.51.100.77") for n in range(16)]

    assert [answer.status_code for answer in answers] == [200] * 15 + [429]
    assert int(answers[-1]["Retry-After"]) > 0


def test_on_another_day_nobody_knows_who_voted() -> None:
    comment = CommentFactory(status="published")
    today = timezone.now()
    vote(comment_id=comment.pk, network="192.0.2.1", value=1, at=today)
    vote(comment_id=comment.pk, network="192.0.2.1", value=1, at=today + timedelta(days=1))

    assert Vote.objects.values("voter").distinct().count() == 2


def test_who_voted_is_forgotten_and_the_sum_stays() -> None:
    comment = CommentFactory(status="published")
    vote(comment_id=comment.pk, network="192.0.2.1", value=1, at=timezone.now() - timedelta(days=3))
    vote(comment_id=comment.pk, network="192.0.2.2", value=1, at=timezone.now())

    assert forget_votes() == 1

    comment.refresh_from_db()
    assert comment.votes == 2
    assert Vote.objects.count() == 1
