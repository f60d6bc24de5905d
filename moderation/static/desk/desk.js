// Decides without leaving the page, and by keyboard. Without it every button is a plain form.

const list = document.querySelector("[data-items]");
const announcer = document.getElementById("announce");
const help = document.getElementById("help");
const LOW_WATER = 8; // So many undecided comments are kept on the page.
const KEPT_LINES = 12; // And so many lines about decided ones.
const undoable = []; // Ids of comments decided here, newest last.

function announce(words) {
  announcer.textContent = "";
  requestAnimationFrame(() => { announcer.textContent = words; });
}

function itemsOnPage() {
  return [...document.querySelectorAll("[data-item]")];
}

function current() {
  const focused = document.activeElement?.closest?.("[data-item]");
  return focused ?? document.querySelector("[data-item].is-current");
}

function focusItem(item) {
  if (!item) return undefined;
  document.querySelector("[data-item].is-current")?.classList.remove("is-current");
  item.classList.add("is-current");
  item.focus({ preventScroll: true });
  const box = item.getBoundingClientRect();
  const room = innerHeight - (document.getElementById("bulk")?.offsetHeight ?? 0);
  if (box.top < 8 || box.bottom > room) {
    scrollBy({ top: box.height > room - 16 || box.top < 8 ? box.top - 12 : box.bottom - room + 12 });
  }
  return item;
}

function step(by, from = current()) {
  const open = itemsOnPage().filter((item) => item === from || !item.hasAttribute("data-settled"));
  const at = open.indexOf(from);
  const next = at < 0 ? open[0] : open[at + by];
  if (next) focusItem(next);
  else if (by > 0) {
    const more = document.querySelector("[data-next-page]");
    announce(more ? "End of the page. Press n for the next one." : "End of the queue.");
  }
}

function replaceItem(item, html) {
  const holder = document.createElement("template");
  holder.innerHTML = html; // Our own template: everything of a reader's was escaped when it was rendered.
  const fresh = holder.content.querySelector("[data-item]");
  item.replaceWith(fresh);
  watchUndo(fresh);
  return fresh;
}

function watchUndo(item) {
  const button = item.querySelector("button[data-seconds]");
  if (!button) return;
  setTimeout(() => button.remove(), Number(button.dataset.seconds) * 1000);
}

async function send(form, submitter) {
  const item = form.closest("[data-item]");
  const body = new FormData(form);
  body.set(submitter.name, submitter.value);
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
    announce("Not sent. Is the connection up, and are you still signed in?");
    complain(form, "Not sent: nothing was decided. Check the connection, or reload the page to sign in again.");
    return;
  }
  const counts = JSON.parse(response.headers.get("X-Desk-Counts") ?? "{}");
  for (const place of document.querySelectorAll("[data-count]")) {
    if (place.dataset.count in counts) place.textContent = counts[place.dataset.count];
  }
  const next = itemAfter(item);
  const fresh = replaceItem(item, await response.text());
  if (response.ok && submitter.value !== "undo") {
    undoable.push(fresh.id);
    announce(fresh.querySelector("p")?.textContent ?? "");
    if (wasCurrent && next) focusItem(next);
    recount();
    await topUp();
    if (wasCurrent && !next) focusItem(openItems()[0]) ?? endOfQueue();
  } else {
    announce(fresh.querySelector(".problem")?.textContent ?? "Taken back.");
    focusItem(fresh);
  }
}

function itemAfter(item) {
  const all = itemsOnPage();
  const later = all.slice(all.indexOf(item) + 1).find((other) => !other.hasAttribute("data-settled"));
  return later ?? all.find((other) => other !== item && !other.hasAttribute("data-settled"));
}

function openItems() {
  return itemsOnPage().filter((item) => !item.hasAttribute("data-settled"));
}

// The queue's next comments, fetched before the last one on the page is decided.
let isToppingUp = false;
async function topUp() {
  if (!document.getElementById("bulk") || isToppingUp || openItems().length > LOW_WATER) return;
  isToppingUp = true;
  try {
    const address = new URL(location.href);
    address.searchParams.delete("page");
    const response = await fetch(address);
    if (!response.ok || response.redirected) return;
    const holder = document.createElement("template");
    holder.innerHTML = await response.text(); // As above: a page of ours, escaped when it was rendered.
    for (const item of holder.content.querySelectorAll("[data-items] > [data-item]")) {
      if (!document.getElementById(item.id)) list.append(document.importNode(item, true));
    }
    const settled = list.querySelectorAll("[data-settled]");
    for (const old of [...settled].slice(0, Math.max(0, settled.length - KEPT_LINES))) old.remove();
  } catch {
    announce("The next comments could not be fetched. Is the connection up?");
  } finally {
    isToppingUp = false;
  }
}

function endOfQueue() {
  announce("Everything in this queue is decided.");
}

function complain(form, words) {
  const line = form.querySelector(".problem") ?? form.insertBefore(document.createElement("p"), form.firstChild);
  line.className = "problem";
  line.textContent = words;
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-decide]") || !event.submitter) return;
  event.preventDefault();
  send(form, event.submitter);
});

function press(item, key) {
  const button = item?.querySelector(`button[data-key="${key}"]`);
  if (button && !button.disabled) button.click();
  return Boolean(button);
}

// --- rejecting by key: r, then Enter for the likeliest reason, or the letter of another ------------------------
let choosing = null;

function chooseReason(item) {
  const group = item?.querySelector(".act-group");
  if (!group) return;
  choosing = { item, select: group.querySelector("select") };
  group.classList.add("is-choosing");
  announce(`Reject: ${choosing.select.selectedOptions[0].text}. Enter confirms, a letter takes another reason.`);
}

function stopChoosing() {
  document.querySelector(".is-choosing")?.classList.remove("is-choosing");
  choosing = null;
}

function reasonKey(event) {
  const { item, select } = choosing;
  if (event.key === "Escape") return stopChoosing();
  if (event.key !== "Enter" && event.key !== "r") {
    const option = [...select.options].find((one) => one.dataset.key === event.key.toLowerCase());
    if (!option) return;
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

const KEYS = {
  j: () => step(1),
  k: () => step(-1),
  a: () => press(current(), "a"),
  r: () => chooseReason(current()),
  c: () => press(current(), "c"),
  u: undoLast,
  o: () => { const link = current()?.querySelector("[data-open]"); if (link) open(link.href, "_blank", "noopener"); },
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
  if (event.target.matches?.("input:not([type=checkbox]), select, textarea")) return;
  const action = KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

// --- several at once -------------------------------------------------------------------------------------------
const bulk = document.getElementById("bulk");

function recount() {
  if (!bulk) return;
  const number = document.querySelectorAll(".pick:checked").length;
  bulk.querySelector("[data-picked-count]").textContent = `${number} chosen:`;
  bulk.hidden = number === 0;
}

if (bulk) {
  document.querySelector(".pick-all").hidden = false;
  document.querySelector("[data-pick-all]").addEventListener("change", (event) => {
    for (const box of document.querySelectorAll(".pick")) box.checked = event.target.checked;
    recount();
  });
  document.addEventListener("change", (event) => { if (event.target.matches(".pick")) recount(); });
  recount();
}

for (const hint of document.querySelectorAll(".keys-hint")) hint.hidden = false;
for (const item of itemsOnPage()) watchUndo(item);
if (list) focusItem(itemsOnPage()[0]);
