"""``python -m newsroom.proof.ads_stage STEP …``: the parts of the proof of ads that need the product's code.

``prepare``; ``fold KILLS WITHIN_S SEED``: folds without pause and is killed that often; ``race SEEDS SEED``;
``report``. Each prints one JSON document.
"""

from __future__ import annotations

import json
import mmap
import os
import random
import signal
import sys
import threading
import time
from datetime import timedelta
from typing import Any

ARTICLE, SLOTS = "proof-1", ("proof-top", "proof-bottom")
PRICE_MICROS = 8_500  # of one impression
PROCESSES, THREADS, EACH = 8, 5, 5  # 200 clients
BUDGET = 100  # impressions
LATE = 40
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def prepare() -> dict[str, Any]:
    """Two slots on an article, with an item paid by impression and one paid by click."""
    for code in SLOTS:
        position = "article_top" if code == SLOTS[0] else "article_bottom"
        _slot(code, position)
    for model, price in (("cpm", 1_000 * PRICE_MICROS), ("cpc", 450_000)):
        _item(f"Paid by {model}", SLOTS, price_model=model, price_micros=price)
    return {"slots": SLOTS}


def report() -> dict[str, Any]:
    """What the product reports of these days, and whether all sums agree."""
    from django.utils import timezone

    from ads.delivery.reconciling import differences
    from ads.delivery.reports import report as rows_of
    from ads.delivery.reports import total
    from articles.models import Site

    today = timezone.now().date()
    rows = rows_of(Site.objects.get(), first=today - timedelta(days=2), last=today, group_by="slot")
    found = total([row for row in rows if row.key in SLOTS])
    return {**found.as_json("slot"), "differences": [str(one) for one in differences()]}


def fold(kills: int, within_s: float, seed: int) -> dict[str, Any]:
    """Fold without pause in a child that is killed so often, in the middle of a fold if possible."""
    from ads.delivery.rollups import fold as fold_events

    dice = random.Random(seed)  # noqa: S311  (test data)
    is_folding = mmap.mmap(-1, 1)
    hits = 0
    for _ in range(kills):
        ends = time.monotonic() + dice.uniform(0.3, 1.7) * within_s / kills
        child = os.fork()
        if child == 0:
            while True:
                is_folding[0] = 1
                fold_events()
                is_folding[0] = 0
                time.sleep(0.005)
        time.sleep(max(0.0, ends - time.monotonic()))
        patience = time.monotonic() + 1.0
        while not is_folding[0] and time.monotonic() < patience:
            time.sleep(0.0005)
        time.sleep(dice.random() * 0.004)
        hits += is_folding[0]
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        is_folding[0] = 0
    fold_events()
    return {"kills": kills, "while_folding": hits}


def race(seeds: int, seed: int) -> dict[str, Any]:
    """200 clients in 8 processes race for 100 impressions, one process is killed; so often."""
    from ads.delivery.reconciling import differences
    from ads.delivery.rollups import fold as fold_events

    over, short, killed = [], [], 0
    for number in range(seed, seed + seeds):
        counted, finally_, was_killed = _one_race(number)
        killed += was_killed
        over += [number] if counted > BUDGET or finally_ > BUDGET else []
        short += [number] if finally_ < BUDGET else []
        fold_events()
    found = [str(one) for one in differences()]
    return {"seeds": seeds, "over": over, "short": short, "killed": killed, "differences": found}


def _one_race(seed: int) -> tuple[int, int, bool]:
    from django.db import connection, connections

    from ads.delivery.models import AdEvent

    dice = random.Random(seed)  # noqa: S311  (test data)
    price = dice.choice((1, 999, 8_500, 1_000_003))
    limit = BUDGET * price + dice.randrange(price)
    kind = dice.choice(("budget", "day", "campaign"))
    item = _item(
        f"Race {seed}",
        [_slot("proof-race", "article_top").code],
        price_micros=1_000 * price,
        budget_micros=limit if kind == "budget" else None,
        daily_cap_micros=limit if kind == "day" else None,
        campaign_micros=limit if kind == "campaign" else None,
    )
    waiting = _decisions(item, price, PROCESSES * THREADS * EACH + LATE)
    clients, late = waiting[:-LATE], waiting[-LATE:]
    connections.close_all()
    gate, open_gate = os.pipe()
    children = []
    for number in range(PROCESSES):
        pid = os.fork()
        if pid == 0:
            os.close(open_gate)
            os.read(gate, 1)  # Returns for all of them when the parent closes its end.
            _clients(clients[number::PROCESSES])
            os._exit(0)
        children.append(pid)
    os.close(gate)
    os.close(open_gate)
    is_killed = dice.random() < 0.5
    if is_killed:
        time.sleep(dice.random() * 0.2)
        os.kill(children[0], signal.SIGKILL)
    for pid in children:
        os.waitpid(pid, 0)
    counted = AdEvent.objects.filter(decision__line_item=item, kind="impression").count()
    with connection.cursor() as cursor:  # As if the leases' time had passed.
        cursor.execute("UPDATE delivery_lease SET until = '-infinity' WHERE line_item_id = %s", [item.pk])
    _count(late + clients if is_killed else late)
    finally_ = AdEvent.objects.filter(decision__line_item=item, kind="impression").count()
    return counted, finally_, is_killed


def _clients(ids: list[Any]) -> None:
    threads = [threading.Thread(target=_count, args=(ids[number::THREADS],)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _count(ids: list[Any]) -> None:
    from django.db import connection
    from django.utils import timezone

    from ads.delivery.events import Visit, count_event, shown_decision

    for decision in filter(None, map(shown_decision, ids)):
        count_event(decision, "impression", Visit(BROWSER), at=timezone.now())
    connection.close()


def _decisions(item: Any, price: int, number: int) -> list[Any]:
    from django.utils import timezone

    from ads.delivery.models import AdDecision, Snapshot
    from articles.models import Article
    from newsroom.ids import uuid7

    article, now = Article.objects.get(slug=ARTICLE), timezone.now()
    snapshot, _ = Snapshot.objects.get_or_create(digest="0" * 64, defaults={"content": b""})
    rows = [
        AdDecision(
            at=now, view=uuid7(), site_id=article.site_id, article=article, slot=item.slots.get(),
            line_item=item, creative=item.creatives.get(), price_model="cpm", price_micros=price, seed=0,
            snapshot=snapshot, context={},
        )
        for _ in range(number)
    ]  # fmt: skip
    AdDecision.objects.bulk_create(rows)
    return [row.pk for row in rows]


def _slot(code: str, position: str) -> Any:
    from ads.models import Slot
    from articles.models import Site

    given = {"name": code, "position": position, "sizes": ["fluid"]}
    return Slot.objects.get_or_create(site=Site.objects.get(), code=code, defaults=given)[0]


def _item(name: str, slots: Any, *, campaign_micros: int | None = None, **fields: Any) -> Any:
    from django.utils import timezone

    from ads.creatives import content_digest
    from ads.models import Advertiser, Campaign, Creative, LineItem, Slot
    from articles.models import Site

    advertiser = Advertiser.objects.create(site=Site.objects.get(), name=name)
    campaign = Campaign.objects.create(
        advertiser=advertiser,
        name=name,
        starts_at=timezone.now() - timedelta(hours=1),
        budget_micros=campaign_micros,
    )
    item = LineItem.objects.create(campaign=campaign, name=name, status="ready", **fields)
    item.slots.set(Slot.objects.filter(code__in=slots))
    creative = Creative(line_item=item, headline=name, target_url="https://bakery.example.com/")
    creative.sha256 = creative.approved_sha256 = content_digest(creative)
    creative.save()
    return item


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    import django

    django.setup()
    step, *given = sys.argv[1:]
    if step == "fold":
        found = fold(int(given[0]), float(given[1]), int(given[2]))
    elif step == "race":
        found = race(int(given[0]), int(given[1]))
    else:
        found = {"prepare": prepare, "report": report}[step]()
    sys.stdout.write(json.dumps(found) + "\n")


if __name__ == "__main__":
    main()
