// Sends "Leave a reply" without leaving the page and follows the comment to its decision.
// The page works without this file. All words stand in the page (#reply-words), none here.

import { showText, shownName } from "./text.js";
import { forgetDraft, keyFor, restoreDraft, word } from "./writing.js";

const byId = (id) => document.getElementById(id);
const form = byId("reply-form");
const list = byId("comment-list");
const live = byId("reply-live");
const fields = { name: byId("reply-name"), email: byId("reply-email"), body: byId("reply-body") };
const SEND_TIMEOUT_MS = 15_000;
// Most decisions take well under a second: ask often at first, then ever less, and stop in the end.
const UNDECIDED_MS = [100, 150, 200, 300, 400, 600, ...Array(10).fill(1000), ...Array(20).fill(3000)];
const HELD_MS = Array(60).fill(10_000);
const OWN_KEY = "newsroom.own-comments";
const OWN_KEPT = 50;

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

let sending = false;

function announce(text) {
  live.textContent = text;
}

// Problems: said in a box over the form that takes the focus, and at each field.

function showProblem(text, errors = []) {
  clearProblem();
  const box = document.createElement("div");
  box.id = "reply-problem";
  box.className = "problem";
  box.tabIndex = -1;
  const said = document.createElement("p");
  said.textContent = text;
  box.append(said);
  const links = document.createElement("ul");
  for (const { field, code, detail: technical } of errors) {
    const detail = word(`[data-field="${CSS.escape(field)}.${CSS.escape(code)}"]`) || technical;
    const item = document.createElement("li");
    item.textContent = detail;
    if (fields[field]) {
      fields[field].setAttribute("aria-invalid", "true");
      byId(`reply-${field}-error`).textContent = detail;
      const link = document.createElement("a");
      link.href = `#reply-${field}`;
      link.textContent = detail;
      item.replaceChildren(link);
    }
    links.append(item);
  }
  if (errors.length) box.append(links);
  form.before(box);
  box.focus();
  box.scrollIntoView({ block: "nearest" });
}

function clearField(field) {
  fields[field].removeAttribute("aria-invalid");
  byId(`reply-${field}-error`).textContent = "";
}

function clearProblem() {
  byId("reply-problem")?.remove();
  Object.keys(fields).forEach(clearField);
}

async function explainRefusal(response) {
  const problem = await response.json().catch(() => ({}));
  if (Array.isArray(problem.errors) && problem.errors.length) {
    const has = (name) => problem.errors.some(({ field }) => field === name);
    if (has("form_token") && (await renewToken())) showProblem(word("[data-problem=form_expired]"));
    else if (has("parent")) showProblem(word("[data-problem=does_not_exist]"));
    else showProblem(word("[data-word=invalid]"), problem.errors);
    return;
  }
  const known = problem.code ? word(`[data-problem="${CSS.escape(problem.code)}"]`) : "";
  const wait = response.headers.get("Retry-After") ?? "60";
  showProblem(known.replace("{wait}", wait) || problem.detail || word("[data-word=failed]"));
}

// Where the site asks for a form token, that of a page opened long ago no longer holds.
async function renewToken() {
  const fresh = await fetch(form.dataset.fresh, { headers: { Accept: "application/json" } })
    .then((response) => response.json())
    .catch(() => ({}));
  if (fresh.form_token) form.elements.form_token.value = fresh.form_token;
  return Boolean(fresh.form_token);
}

// The reader's own comment, in its place in the thread.

function placeInThread(article, parent) {
  const above = parent && byId(`comment-${parent}`);
  list.querySelector(":scope > .nothing-yet")?.remove();
  if (above) {
    let replies = above.querySelector(":scope > .replies");
    if (!replies) {
      replies = document.createElement("div");
      replies.className = "replies";
      above.append(replies);
    }
    replies.open = true; // Folded ones, to show where the new one stands.
    replies.append(article);
  } else if (list.dataset.sort === "newest") {
    list.prepend(article);
  } else {
    list.append(article);
  }
}

const privatePage = (id, token) => `/comments/${id}/?token=${encodeURIComponent(token)}`;

function showOwn({ id, author_token: token }, { name, body, parent }) {
  const article = byId("own-comment").content.firstElementChild.cloneNode(true);
  article.id = `comment-${id}`;
  article.setAttribute("aria-label", word("[data-word=own]"));
  article.querySelector("bdi").textContent = shownName(name);
  showText(article.querySelector(".comment-body"), body);
  article.dataset.private = privatePage(id, token);
  placeInThread(article, parent);
  showState(article, { status: "pending" });
  article.focus();
  article.scrollIntoView({ block: "center" });
  return article;
}

function privateLink(address, text) {
  const link = document.createElement("a");
  link.href = address;
  link.referrerPolicy = "no-referrer";
  link.textContent = text;
  return link;
}

function showState(article, { status, reason, nudge }) {
  const state = article.querySelector(".own-state");
  const why = reason ? word(`[data-reason="${CSS.escape(reason)}"]`) : "";
  const text = [word(`[data-state="${status}"]`) || word("[data-state=unknown]"), why].filter(Boolean).join(" ");
  state.replaceChildren(`${text} `, privateLink(article.dataset.private, word("[data-word=private]")));
  if (nudge) state.append(" ", privateLink(`${article.dataset.private}#edit`, word("[data-word=nudge]")));
  article.dataset.status = status;
  if (status === "published") {
    article.classList.remove("own");
    article.querySelector(".own-mark").remove();
    article.removeAttribute("aria-label");
    article.setAttribute("aria-labelledby", (article.querySelector(".comment-name").id = `${article.id}-name`));
    countOneMore();
  }
  article.classList.toggle("own-refused", status === "rejected" || status === "removed");
  return text;
}

function countOneMore() {
  const heading = byId("comments-title");
  const count = Number(heading.dataset.count) + 1;
  heading.dataset.count = count;
  heading.textContent = word(count === 1 ? "[data-word=one]" : "[data-word=many]").replace("{n}", count);
}

async function follow(article, statusUrl) {
  let known = "pending";
  let delays = [...UNDECIDED_MS];
  while (delays.length) {
    await pause(delays.shift());
    if (document.hidden && known === "held") continue;
    const answer = await fetch(statusUrl, { cache: "no-store", headers: { Accept: "application/json" } })
      .then((response) => (response.ok ? response.json() : null))
      .catch(() => null); // Offline for a moment: ask again.
    if (!answer || answer.status === known) continue;
    known = answer.status;
    announce(showState(article, answer));
    if (known !== "held" && known !== "pending") return;
    delays = known === "held" ? [...HELD_MS] : [...UNDECIDED_MS];
  }
  if (known === "pending") announce(showState(article, { status: "unknown" }));
}

// Kept by this browser alone, for the reader's own comments: what will be needed to change or withdraw them.
function remember({ id, status_url: statusUrl, author_token: token }) {
  try {
    const own = JSON.parse(localStorage.getItem(OWN_KEY) ?? "[]");
    const kept = [{ id, token, statusUrl, at: new Date().toISOString() }, ...own].slice(0, OWN_KEPT);
    localStorage.setItem(OWN_KEY, JSON.stringify(kept));
  } catch {
    // Storage refused or full: the private page still works.
  }
}

// The reader's own comments of earlier visits: a way to change or withdraw each.
function markOwn() {
  let own = [];
  try {
    own = JSON.parse(localStorage.getItem(OWN_KEY) ?? "[]");
  } catch {
    return;
  }
  for (const { id, token } of own) {
    const article = byId(`comment-${id}`);
    if (!article || article.classList.contains("tombstone")) continue;
    let foot = article.querySelector(":scope > .comment-foot");
    if (!foot) {
      foot = document.createElement("footer");
      foot.className = "comment-foot";
      article.querySelector(":scope > .comment-body").after(foot);
    }
    const link = privateLink(privatePage(id, token), word("[data-word=change]"));
    link.className = "own-change";
    foot.append(link);
  }
}

// Replying to somebody.

function answer(id) {
  const above = id && byId(`comment-${id}`);
  form.elements.parent.value = above ? id : "";
  byId("reply-context").hidden = !above;
  if (above) {
    const name = byId("reply-context-name");
    name.href = `#comment-${id}`;
    name.querySelector("bdi").textContent = above.querySelector(".comment-name").textContent;
    const text = above.querySelector(".comment-body").textContent.trim();
    byId("reply-context-text").textContent = text.length > 200 ? `${text.slice(0, 199)}…` : text;
  }
}

function replyTo(id) {
  answer(id);
  fields.body.focus();
  byId("reply").scrollIntoView();
}

async function send() {
  const payload = { name: fields.name.value, email: fields.email.value, body: fields.body.value };
  if (form.elements.parent.value) payload.parent = form.elements.parent.value;
  const content = JSON.stringify(payload);
  clearProblem();
  announce(word("[data-word=sending]"));
  const response = await fetch(form.dataset.api, {
    method: "POST",
    body: JSON.stringify({ ...payload, form_token: form.elements.form_token.value }),
    headers: { "Content-Type": "application/json", Accept: "application/json", "Idempotency-Key": keyFor(content) },
    signal: AbortSignal.timeout(SEND_TIMEOUT_MS),
  }).catch(() => null);
  announce("");
  if (!response) {
    showProblem(word("[data-word=offline]"));
  } else if (response.ok) {
    const accepted = await response.json();
    remember(accepted);
    form.elements.parent.value = "";
    forgetDraft();
    byId("reply-context").hidden = true;
    const article = showOwn(accepted, payload);
    announce(word("[data-word=sent]"));
    follow(article, accepted.status_url);
  } else {
    await explainRefusal(response);
  }
}

form.noValidate = true; // One source of messages, the server; a browser's bubbles are not announced alike.
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  if (sending) return;
  sending = true;
  form.setAttribute("aria-busy", "true");
  try {
    await send();
  } finally {
    sending = false;
    form.removeAttribute("aria-busy");
  }
});
for (const field of Object.keys(fields)) fields[field].addEventListener("input", () => clearField(field));
document.addEventListener("click", (event) => {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return;
  const link = event.target.closest?.("[data-reply-to], #reply-cancel");
  if (!link) return;
  event.preventDefault();
  replyTo(link.dataset.replyTo ?? "");
});
markOwn();
restoreDraft(answer);
// The address that a form without script leads to carries a token: not for copying.
if (byId("sent") && !document.querySelector(".sent-pending")) history.replaceState(null, "", location.pathname + location.hash);
