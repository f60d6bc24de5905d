"""The desk in a real browser: with script and without, no policy violation, and hostile texts stay text."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from comments.models import Comment
from comments.services import edit_comment
from moderation.desk.models import Claim
from moderation.models import Decision, Policy, WordList
from newsroom.audit.services import record
from tests.factories import ArticleFactory, CommentFactory, TagFactory, UserFactory

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# A function: the page's policy rightly refuses to evaluate a bare expression that is polled.
CLAIMED = "() => performance.getEntriesByType('resource').some(r => r.name.endsWith('/claim/'))"

HOSTILE = [
    "<script>document.title='taken'</script>",
    "<img src=x onerror=\"document.title='taken'\">",
    "\"><svg onload=document.title='taken'>",
    "{{ 7|add:7 }}{% csrf_token %}",
    "javascript:document.title='taken'",
    "</textarea></template><iframe srcdoc='<script>parent.document.title=1</script>'>",
    "' autofocus onfocus='document.title=1",
]


def status(comment):
    return Comment.objects.values_list("status", flat=True).get(pk=comment.pk)


def test_approving_shows_the_comment_to_readers_without_leaving_the_page(editor, hold, sign_in, live_server):
    comment = hold(body="The bearing was greased in May, I saw it.")
    other = hold(body="Another one that waits.")
    page = sign_in(editor.username, "/admin/desk/queues/all/?sort=oldest")
    item = page.locator(f"#c-{comment.pk}")
    item.get_by_role("button", name="Approve").click()
    page.locator(f"#c-{comment.pk}[data-settled]").wait_for()
    assert status(comment) == "published"
    assert page.locator(f"#c-{other.pk}").get_by_role("button", name="Approve").is_visible()
    reader = page.context.new_page()
    reader.goto(live_server.url + comment.article.get_absolute_url())
    assert reader.get_by_text("The bearing was greased in May, I saw it.").is_visible()
    document = page.request.get(f"{live_server.url}/api/v1/articles/{comment.article.slug}/comments/").json()
    assert [row["id"] for row in document["results"]] == [str(comment.pk)]


def test_an_editor_signs_in_with_a_password_and_is_shown_the_way_to_the_desk(editor, sign_in, live_server):
    editor.set_password("correct horse")
    editor.save()
    page = sign_in(editor.username, "/admin/")
    page.context.clear_cookies()
    page.goto(live_server.url + "/admin/desk/")
    page.get_by_label("Username").fill(editor.username)
    page.get_by_label("Password").fill("correct horse")
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Since you left").wait_for()


def test_without_script_the_same_buttons_work(editor, hold, sign_in):
    comment = hold()
    page = sign_in(editor.username, "/admin/desk/queues/all/", java_script_enabled=False)
    page.locator(f"#c-{comment.pk}").get_by_role("button", name="Approve").click()
    page.get_by_text("Comment by Ada: published.").wait_for()
    assert status(comment) == "published"
    page.get_by_role("button", name="Undo").click()
    page.get_by_text("1 taken back.").wait_for()
    assert status(comment) == "held"


def test_a_text_edited_meanwhile_is_not_published_but_shown_again(editor, hold, sign_in):
    comment = hold(body="A mild text that stands on the screen.")
    page = sign_in(editor.username, "/admin/desk/queues/all/")
    edit_comment(comment_id=comment.pk, body="A wild text instead.", at=timezone.now())
    # The browser logs the refusal (409) as a failed resource; that is expected here.
    item = page.locator(f"#c-{comment.pk}")
    item.get_by_role("button", name="Approve").click()
    item.get_by_role("alert").wait_for()
    assert "Nothing was decided" in item.get_by_role("alert").inner_text()
    assert item.get_by_text("A wild text instead.").is_visible()
    assert status(comment) == "pending"
    sign_in.said[:] = [line for line in sign_in.said if "409" not in line]


def test_undo_by_key_brings_the_comment_back(editor, hold, sign_in):
    comment = hold()
    page = sign_in(editor.username, "/admin/desk/queues/all/")
    page.keyboard.press("a")
    page.locator(f"#c-{comment.pk}[data-settled]").wait_for()
    page.keyboard.press("u")
    page.locator(f"#c-{comment.pk}:not([data-settled])").wait_for()
    assert status(comment) == "held"


def test_rejecting_by_key_takes_the_likeliest_reason_or_the_letter_of_another(editor, hold, sign_in):
    first, second = hold(reason="insult"), hold(reason="insult")
    page = sign_in(editor.username, "/admin/desk/queues/all/?sort=oldest")
    page.keyboard.press("r")
    page.keyboard.press("Enter")
    page.locator(f"#c-{first.pk}[data-settled]").wait_for()
    page.keyboard.press("r")
    page.keyboard.press("t")
    page.locator(f"#c-{second.pk}[data-settled]").wait_for()
    reasons = [Comment.objects.get(pk=comment.pk).reason_code for comment in (first, second)]
    assert reasons == ["insult", "threat"]


def test_while_one_chooses_a_reason_the_page_says_which_keys_there_are(editor, hold, sign_in):
    comment = hold(body="Which key was it?")
    page = sign_in(editor.username, "/admin/desk/queues/all/")
    page.keyboard.press("r")
    page.get_by_text("Enter rejects · a letter").wait_for()
    page.keyboard.press("#")
    page.get_by_text("No reason has the key #.").wait_for(state="attached")
    page.keyboard.press("?")
    page.locator("#help[open]").wait_for()
    page.keyboard.press("Escape")
    page.locator("#help:not([open])").wait_for(state="attached")
    page.keyboard.press("Escape")
    page.locator(".choosing").wait_for(state="detached")
    assert status(comment) == "held"


def test_no_page_of_the_admin_breaks_the_content_policy_and_hostile_texts_stay_text(
    editor, hold, sign_in, live_server
):
    """``sign_in`` fails the test on anything that the console calls an error, and on any dialog."""
    get_all_rights(editor)
    article = ArticleFactory(headline=HOSTILE[1], standfirst=HOSTILE[0], byline=HOSTILE[2])
    article.tags.add(TagFactory(name=HOSTILE[0]))
    draft = ArticleFactory(headline=HOSTILE[2], body="\n\n".join(HOSTILE), status="draft", published_at=None)
    comments = [
        hold(
            article=article,
            name=text[:80],
            body=f"{text} and so on",
            findings=[{"code": "score:insult", "where": "body", "spans": [[0, 5], [3, len(text)]]}],
        )
        for text in HOSTILE
    ]
    CommentFactory(article=article, status="published", name=HOSTILE[0], body=HOSTILE[1])
    words = WordList.objects.create(site=article.site, kind="banned", words=["<b>bad</b>"])
    policy = Policy.objects.create(site=article.site)
    entry = record(
        action="policy.update",
        object_type="policy",
        object_id=policy.pk,
        actor_kind="person",
        actor=editor,
        reason=HOSTILE[1],
    )
    UserFactory(username="second", first_name=HOSTILE[1])
    page = sign_in(editor.username, "/admin/")
    paths = [
        "/admin/",
        "/admin/desk/",
        "/admin/desk/numbers/",
        "/admin/desk/transparency/",
        f"/admin/desk/clusters/{comments[0].pk}/",
        "/admin/desk/queues/all/",
        "/admin/desk/queues/published/",
        "/admin/desk/queues/all/several/",
        "/admin/desk/queues/published/several/",
        f"/admin/desk/queues/all/?article={article.pk}&language=<script>",
        *(f"/admin/desk/comments/{comment.pk}/" for comment in comments),
        f"/admin/desk/authors/{comments[0].private.mailbox_id}/",
        "/admin/articles/article/",
        "/admin/articles/article/?q=<script>",
        f"/admin/articles/article/{article.pk}/change/",
        "/admin/articles/article/add/",
        f"/admin/articles/article/{article.pk}/delete/",
        f"/admin/preview/{draft.pk}/",
        "/admin/articles/section/",
        "/admin/articles/tag/",
        "/admin/articles/site/",
        f"/admin/articles/site/{article.site_id}/change/",
        "/admin/comments/comment/",
        "/admin/comments/comment/?q=script",
        "/admin/moderation/",
        "/admin/desk/authors/",
        "/admin/desk/hours/",
        "/admin/desk/words/",
        f"/admin/desk/words/{words.pk}/",
        "/admin/desk/policies/?q=<script>",
        f"/admin/desk/policies/site/{article.site_id}/",
        f"/admin/desk/policies/article/{article.pk}/",
        "/admin/moderation/modelversion/",
        "/admin/moderation/decision/",
        "/admin/audit/auditentry/",
        f"/admin/audit/auditentry/{entry.pk}/change/",
        "/admin/access/apitoken/add/",
        "/admin/auth/user/",
        f"/admin/auth/user/{editor.pk}/change/",
        "/admin/auth/group/",
        "/admin/password_change/",
    ]
    for path in paths:
        answer = page.goto(live_server.url + path)
        assert answer is not None
        assert answer.status == 200, path
        assert page.title() not in {"taken", "1"}, path
        assert (
            page.locator("#content img[src='x'], #content iframe, #content script:not([src])").count() == 0
        ), path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} is too wide"
    assert page.context.cookies()


def get_all_rights(user):
    user.is_superuser = True
    user.save(update_fields=["is_superuser"])


def test_scheduling_an_article_in_local_time(editor, sign_in, live_server):
    article = ArticleFactory(status="draft", published_at=None, headline="Tomorrow's ferry")
    article.site.time_zone = "America/New_York"
    article.site.save()
    page = sign_in(editor.username, f"/admin/articles/article/{article.pk}/change/")
    page.select_option("#id_status", "scheduled")
    tomorrow = timezone.now() + timedelta(days=2)
    page.fill("#id_published_at_0", f"{tomorrow:%Y-%m-%d}")
    page.fill("#id_published_at_1", "06:30:00")
    page.click("[name=_save]")
    page.get_by_text("was changed successfully").wait_for()
    article.refresh_from_db()
    assert article.status == "scheduled"
    assert article.published_at.hour in {10, 11}  # 6.30 in New York, in summer or winter


def test_two_editors_at_one_queue_are_led_to_different_comments(editor, person, hold, sign_in):
    first, second = hold(body="First in the queue."), hold(body="Second in the queue.")
    bess = person("editor", "bess")
    one = sign_in(editor.username, "/admin/desk/queues/all/?sort=oldest")
    one.wait_for_function(CLAIMED)
    other = sign_in(bess.username, "/admin/desk/queues/all/?sort=oldest")
    assert other.locator(f"#c-{first.pk}").get_by_text("kerensa has this in hand.").is_visible()
    assert other.locator("[data-item].is-current").get_attribute("id") == f"c-{second.pk}"


def test_of_two_editors_who_press_for_one_comment_the_later_one_is_told(editor, person, hold, sign_in):
    comment = hold(body="The tide was in by noon.")
    bess = person("editor", "bess")
    one = sign_in(editor.username, "/admin/desk/queues/all/")
    one.wait_for_function(CLAIMED)
    Claim.objects.all().delete()  # It ran out while the page stood open.
    other = sign_in(bess.username, "/admin/desk/queues/all/")
    other.wait_for_function(CLAIMED)
    other.locator(f"#c-{comment.pk}").get_by_role("button", name="Approve").click()
    other.locator(f"#c-{comment.pk}[data-settled]").wait_for()
    one.locator(f"#c-{comment.pk}").get_by_role("button", name="Approve").click()
    item = one.locator(f"#c-{comment.pk}")
    item.get_by_role("alert").wait_for()
    assert "Nothing was decided" in item.get_by_role("alert").inner_text()
    assert "bess" in item.inner_text(), "how it stands now, and by whom"
    assert status(comment) == "published"
    assert Decision.objects.filter(comment=comment, actor_kind="person").count() == 1
    sign_in.said[:] = [line for line in sign_in.said if "409" not in line]


def test_a_harsh_text_is_shown_before_it_can_be_approved(editor, hold, sign_in):
    comment = hold(scores={"threat": 0.95})
    page = sign_in(editor.username, "/admin/desk/queues/all/")
    text = page.locator(f"#c-{comment.pk} .item-text")
    assert "blur" in text.evaluate("element => getComputedStyle(element).filter")
    page.keyboard.press("a")
    assert text.evaluate("element => getComputedStyle(element).filter") == "none"
    assert status(comment) == "held"
    page.keyboard.press("a")
    page.locator(f"#c-{comment.pk}[data-settled]").wait_for()
    assert status(comment) == "published"


def test_choosing_all_approves_only_what_was_on_the_screen(editor, hold, sign_in):
    top = hold(body="Short, and at the top.")
    far_down = hold(body="A line that goes on below the edge of the window.\n" * 90)
    page = sign_in(editor.username, "/admin/desk/queues/all/?sort=oldest")
    page.get_by_label("All on this page").check()
    page.locator("#bulk").get_by_role("button", name="Approve").click()
    page.get_by_text("1 approved.").wait_for()
    assert page.get_by_text("its text was not on your screen").is_visible()
    assert (status(top), status(far_down)) == ("published", "held")
    page.mouse.wheel(0, 20_000)
    page.wait_for_function("() => document.querySelector('[data-read]')")
    page.evaluate("scrollTo(0, 0)")
    page.get_by_label("All on this page").check()
    page.locator("#bulk").get_by_role("button", name="Approve").click()
    page.get_by_text("1 approved.").wait_for()
    assert status(far_down) == "published"


def test_asking_a_colleague_by_key(editor, hold, sign_in):
    comment = hold()
    page = sign_in(editor.username, "/admin/desk/queues/all/")
    page.keyboard.press("e")
    page.keyboard.type("Is this libel? Jack would know.")
    page.keyboard.press("Enter")
    page.locator(f"#c-{comment.pk}").get_by_text("Is this libel? Jack would know.").wait_for()
    assert status(comment) == "held"
    page.keyboard.press("a")
    page.locator(f"#c-{comment.pk}[data-settled]").wait_for()


def test_at_two_hundred_percent_the_queue_is_read_and_decided_without_scrolling_sideways(
    editor, hold, sign_in, live_server
):
    """A window of 1280 points at 200 % has room for 640."""
    comment = hold(body="A text that is read at twice its size.")
    zoomed = {"viewport": {"width": 640, "height": 450}, "device_scale_factor": 2}
    page = sign_in(editor.username, "/admin/desk/queues/all/", **zoomed)
    for path in ("/admin/desk/", "/admin/desk/numbers/", "/admin/desk/queues/all/several/"):
        page.goto(live_server.url + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    page.goto(live_server.url + "/admin/desk/queues/all/")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.keyboard.press("a")
    page.locator(f"#c-{comment.pk}[data-settled]").wait_for()
    assert status(comment) == "published"


def test_the_keys_are_told(editor, hold, sign_in):
    hold()
    page = sign_in(editor.username, "/admin/desk/queues/all/")
    page.keyboard.press("?")
    assert page.get_by_role("dialog").get_by_text("undo your last decision (within 60 seconds)").is_visible()
    page.keyboard.press("Escape")
    assert not page.get_by_role("dialog").is_visible()
