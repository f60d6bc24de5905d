// Decides without leaving the page, and by keyboard. Without it every button is a plain form.

const list = document.querySelector("[data-items]");
const announcer = document.getElementById("announce");
const help = document.getElementById("help");
const bulk = document.getElementById("bulk");
const claimForm = document.getElementById("claim");
const isQueue = Boolean(bulk && document.querySelector(".filters"));

const LOW_WATER = 8; // So many undecided comments are kept on the page.
const KEPT_LINES = 12; // And so many lines about decided ones.
const RENEW_MS = 30_000; // A claim lasts 90 s; the current comment's is renewed.
const undoable = []; // Ids of comments decided here, newest last.

function announce(words) {
  announcer.textContent = "";
  requestAnimationFrame(() => { announcer.textContent = words; });
}

// --- which comment is the current one ---------------------------------------------------------------------------
const itemsOnPage = () => [...document.querySelectorAll("[data-item]")];
const isSettled = (item) => item.hasAttribute("data-settled");
const isFree = (item) => !isSettled(item) && !item.classList.contains("in-other-hands");
const openItems = () => itemsOnPage().filter((item) => !isSettled(item));
const freeItems = () => itemsOnPage().filter(isFree);

function current() {
  const focused = document.activeElement?.closest?.("[data-item]");
  return focused ?? document.querySelector("[data-item].is-current");
}

function focusItem(item) {
  if (!item) return undefined;
  const before = document.querySelector("[data-item].is-current");
  before?.classList.remove("is-current");
  item.classList.add("is-current");
  item.focus({ preventScroll: true });
  const box = item.getBoundingClientRect();
  const room = innerHeight - (bulk?.offsetHeight ?? 0);
  if (box.top < 8 || box.bottom > room) {
    scrollBy({ top: box.height > room - 16 || box.top < 8 ? box.top - 12 : box.bottom - room + 12 });
  }
  if (item !== before) takeInHand(item);
  return item;
}

function step(by, from = current()) {
  const open = itemsOnPage().filter((item) => item === from || !isSettled(item));
  const at = open.indexOf(from);
  const next = at < 0 ? open[0] : open[at + by];
  if (next) focusItem(next);
  else if (by > 0) announce("End of the page.");
}

function itemAfter(item) {
  const all = itemsOnPage();
  return all.slice(all.indexOf(item) + 1).find(isFree) ?? all.find((other) => other !== item && isFree(other));
}

// --- in hand: two people never work on one comment ----------------------------------------------------------------
let inHandSince = 0;

async function takeInHand(item) {
  if (!claimForm || isSettled(item)) return;
  inHandSince = Date.now();
  const body = new FormData(claimForm);
  body.set("comment", item.dataset.id);
  try {
    const response = await fetch(claimForm.getAttribute("action"), { method: "POST", body });
    if (!response.ok || response.redirected) return;
    const { by } = await response.json();
    item.classList.toggle("in-other-hands", Boolean(by));
    const line = item.querySelector("[data-in-hand]");
    if (line) {
      line.hidden = !by;
      line.textContent = by ? `${by} has this in hand.` : "";
    }
    if (by) announce(`${by} has this comment in hand.`);
  } catch {
    // Unclaimed, a decision is still refused if somebody else was first.
  }
}

setInterval(() => {
  const item = current();
  if (item && !document.hidden && Date.now() - inHandSince >= RENEW_MS) takeInHand(item);
}, RENEW_MS / 3);

// --- deciding -------------------------------------------------------------------------------------------------------
function replaceItem(item, html) {
  const holder = document.createElement("template");
  holder.innerHTML = html; // Our own template: everything of a reader's was escaped when it was rendered.
  const fresh = holder.content.querySelector("[data-item]");
  item.replaceWith(fresh);
  welcome(fresh);
  return fresh;
}

function welcome(item) {
  const button = item.querySelector("button[data-seconds]");
  if (button) setTimeout(() => button.remove(), Number(button.dataset.seconds) * 1000);
  watchReading(item);
}

function complain(form, words) {
  const line = form.querySelector(".problem") ?? form.insertBefore(document.createElement("p"), form.firstChild);
  line.className = "problem";
  line.textContent = words;
}

async function send(form, submitter) {
  const item = form.closest("[data-item]");
  const body = new FormData(form);
  if (submitter.name) body.set(submitter.name, submitter.value);
  for (const button of form.querySelectorAll("button")) button.disabled = true;
  const wasCurrent = item.contains(document.activeElement) || item.classList.contains("is-current");
  let response;
  try {
    // Not form.action: that is the buttons of this name.
    response = await fetch(form.getAttribute("action"), { method: "POST", body, headers: { "X-Desk-Fragment": "1" } });
  } catch {
    response = null;
  }
  const isFragment = response?.headers.get("Content-Type")?.startsWith("text/html");
  if (!response || response.redirected || !isFragment || response.status >= 500) {
    for (const button of form.querySelectorAll("button")) button.disabled = false;
    const why = response?.status === 400 ? await response.text() : "Check the connection, or reload the page to sign in again.";
    announce(`Nothing was decided. ${why}`);
    complain(form, `Nothing was decided. ${why}`);
    return;
  }
  const counts = JSON.parse(response.headers.get("X-Desk-Counts") ?? "{}");
  for (const place of document.querySelectorAll("[data-count]")) {
    if (place.dataset.count in counts) place.textContent = counts[place.dataset.count];
  }
  const next = itemAfter(item);
  const fresh = replaceItem(item, await response.text());
  if (response.ok && isSettled(fresh)) {
    undoable.push(fresh.id);
    announce(fresh.querySelector("p")?.textContent ?? "");
    if (wasCurrent && next) focusItem(next);
    recount();
    await topUp();
    if (wasCurrent && !next && !focusItem(freeItems()[0])) announce("Everything in this queue is decided.");
  } else {
    const isTakenBack = response.ok && submitter.value === "undo";
    const done = isTakenBack ? "Your decision is taken back. The comment is open again." : "Done.";
    announce(fresh.querySelector(".problem")?.textContent ?? done);
    focusItem(fresh);
  }
}

// The queue's next comments, fetched before the last one on the page is decided.
let isToppingUp = false;

async function topUp() {
  if (!isQueue || isToppingUp || openItems().length > LOW_WATER) return;
  isToppingUp = true;
  try {
    const address = new URL(location.href);
    address.searchParams.delete("page");
    const response = await fetch(address);
    if (!response.ok || response.redirected) return;
    const holder = document.createElement("template");
    holder.innerHTML = await response.text(); // As above: a page of ours, escaped when it was rendered.
    for (const item of holder.content.querySelectorAll("[data-items] > [data-item]")) {
      if (!document.getElementById(item.id)) welcome(list.appendChild(document.importNode(item, true)));
    }
    const settled = [...list.querySelectorAll("[data-settled]")];
    for (const old of settled.slice(0, Math.max(0, settled.length - KEPT_LINES))) old.remove();
  } catch {
    announce("The next comments could not be fetched. Is the connection up?");
  } finally {
    isToppingUp = false;
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-decide], form[data-escalate]") || !event.submitter) return;
  event.preventDefault();
  send(form, event.submitter);
});

// --- by keyboard ------------------------------------------------------------------------------------------------------
function press(item, key) {
  const button = item?.querySelector(`button[data-key="${key}"]`);
  if (button && !button.disabled) button.click();
  return Boolean(button);
}

// A text that nobody has seen is not approved: the first press shows it, the second one approves.
function approve(item, key) {
  const cover = item?.querySelector(".unblur:not(:checked)");
  if (!cover) return press(item, key);
  cover.checked = true;
  announce("The text is shown now. Press again to approve.");
  return true;
}

let choosing = null; // Rejecting: r, then Enter for the likeliest reason, or the letter of another.

function chooseReason(item) {
  const group = item?.querySelector(".act-group");
  if (!group) return;
  choosing = { item, select: group.querySelector("select") };
  group.classList.add("is-choosing");
  const line = document.createElement("p");
  line.className = "choosing quiet";
  line.setAttribute("aria-hidden", "true"); // Said aloud below.
  line.textContent = "Enter rejects · a letter takes another reason · ? lists them · Esc leaves it";
  group.insertAdjacentElement("afterend", line);
  announce(`Reject: ${choosing.select.selectedOptions[0].text}. Enter confirms, a letter takes another reason.`);
}

function stopChoosing() {
  document.querySelector(".is-choosing")?.classList.remove("is-choosing");
  document.querySelector(".choosing")?.remove();
  choosing = null;
}

function reasonKey(event) {
  const { item, select } = choosing;
  if (event.key === "?") return help?.showModal();
  if (event.key === "Escape") {
    stopChoosing();
    return announce("Nothing was decided.");
  }
  if (event.key !== "Enter" && event.key !== "r") {
    const option = [...select.options].find((one) => one.dataset.key === event.key.toLowerCase());
    if (!option) {
      if (event.key.length === 1) announce(`No reason has the key ${event.key}. Enter rejects, Escape leaves it.`);
      return undefined;
    }
    select.value = option.value;
  }
  stopChoosing();
  press(item, "r");
}

function undoLast() {
  while (undoable.length) {
    const item = document.getElementById(undoable.pop());
    if (item && press(item, "u")) return;
  }
  const inStrip = document.querySelector(".undo-strip button[name=seen]");
  if (inStrip) inStrip.click();
  else announce("Nothing to undo.");
}

function ask(item) {
  const details = item?.querySelector(".ask");
  if (!details) return;
  details.open = true;
  details.querySelector("input[name=note]").focus();
}

function openArticle(item) {
  const link = item?.querySelector("[data-open]");
  if (link) open(link.href, "_blank", "noopener");
}

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  a: () => approve(current(), "a"),
  t: () => approve(current(), "t"),
  r: () => chooseReason(current()),
  b: () => press(current(), "b"),
  c: () => press(current(), "c"),
  u: undoLast,
  v: () => current()?.querySelector(".unblur")?.click(),
  e: () => ask(current()),
  l: () => current()?.querySelector("[data-cluster]")?.click(),
  o: () => openArticle(current()),
  h: () => current()?.querySelector("[data-history]")?.click(),
  x: () => current()?.querySelector(".pick")?.click(),
  n: () => document.querySelector("[data-next-page]")?.click(),
  "?": () => help?.showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || help?.open) return;
  if (choosing) {
    event.preventDefault();
    return reasonKey(event);
  }
  if (event.key === "Escape" && event.target.matches?.(".ask input")) return focusItem(current());
  if (event.target.matches?.("input:not([type=checkbox]), select, textarea")) return;
  const action = KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

// --- several at once ------------------------------------------------------------------------------------------------
// A text counts as read once its beginning and its end were on the screen, uncovered.
const edges = new Map();
const onScreen = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting) continue;
    const text = target.parentElement;
    const seen = edges.get(text) ?? new Set();
    edges.set(text, seen.add(target));
    if (seen.size === 2) text.dataset.read = "1";
  }
});

function watchReading(item) {
  if (!bulk || isSettled(item)) return;
  const text = item.querySelector("[data-text]");
  if (!text) return;
  for (const where of ["afterbegin", "beforeend"]) {
    const edge = document.createElement("span");
    text.insertAdjacentElement(where, edge);
    onScreen.observe(edge);
  }
}

const isRead = (item) => Boolean(item.querySelector("[data-read]")) && !item.querySelector(".unblur:not(:checked)");

function recount() {
  if (!bulk) return;
  const number = document.querySelectorAll(".pick:checked").length;
  bulk.querySelector("[data-picked-count]").textContent = `${number} chosen:`;
  bulk.hidden = number === 0;
}

if (bulk) {
  const all = document.querySelector("[data-pick-all]");
  all.parentElement.hidden = false;
  all.addEventListener("change", () => {
    for (const box of document.querySelectorAll(".pick")) box.checked = all.checked;
    recount();
  });
  document.addEventListener("change", (event) => { if (event.target.matches(".pick")) recount(); });
  bulk.addEventListener("submit", () => {
    for (const old of bulk.querySelectorAll("input[name=read]")) old.remove();
    for (const item of openItems().filter(isRead)) {
      const field = document.createElement("input");
      Object.assign(field, { type: "hidden", name: "read", value: item.dataset.seen });
      bulk.append(field);
    }
  });
  recount();
}

for (const chart of document.querySelectorAll(".chart-scroll")) chart.scrollLeft = chart.scrollWidth; // Now is at the end.
for (const hint of document.querySelectorAll(".keys-hint")) hint.hidden = false;
for (const item of itemsOnPage()) welcome(item);
if (list) focusItem(freeItems()[0]);
