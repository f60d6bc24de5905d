// Fills the form, follows each comment that is sent here to its decision, and watches the parts.
// The form itself is the article page's own (pages/comments.js); words stand in the page.

const byId = (id) => document.getElementById(id);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));
const percent = (value) => `${(value * 100).toFixed(value > 0 && value < 0.1 ? 1 : 0)} %`;

async function ask(url, timeout) {
  const options = { cache: "no-store", referrerPolicy: "no-referrer", signal: AbortSignal.timeout(timeout) };
  return fetch(url, options).then((response) => (response.ok ? response.json() : null)).catch(() => null);
}

// Stop 2: buttons fill the form. Another text and another commenter each time, as the server would send.

const used = {};

function fill(button) {
  const { key, name } = button.dataset;
  const bodies = [...button.parentElement.querySelectorAll("[data-body]")].map((body) => body.content.textContent);
  used[key] = ((used[key] ?? -1) + 1) % bodies.length;
  const number = crypto.getRandomValues(new Uint32Array(1))[0].toString(16).padStart(8, "0");
  const values = { name, email: `reader-${number}@example.com`, body: bodies[used[key]] };
  for (const [field, value] of Object.entries(values)) {
    byId(`reply-${field}`).value = value;
    byId(`reply-${field}`).dispatchEvent(new Event("input", { bubbles: true }));
  }
  byId("reply-form").querySelector("button[type=submit]").focus({ preventScroll: true });
  byId("reply").scrollIntoView({ block: "nearest" });
}

document.querySelector(".samples")?.addEventListener("click", (event) => {
  const button = event.target.closest("a[data-key]");
  if (!button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  fill(button);
});

// Stop 2: what happens to a comment. comments.js puts it into the list with its private address.

const FOLLOW_FOR_MS = 120_000;

function show(line, story) {
  const say = (step, text) => (line.querySelector(`.journey-${step} span`).textContent = text);
  if (!story.timings_ms) {
    say("pending", `${story.waiting_ms} ms and waiting`);
    return;
  }
  const { queued, judged, total } = story.timings_ms;
  say("pending", `${queued} ms until a worker had it`);
  say("findings", `${judged} ms to judge it`);
  const why = story.reason ? ` (${story.reason})` : "";
  const by = story.held_by ? ` by the ${story.held_by}` : "";
  say("decision", `${story.outcome}${by}${why} after ${total} ms, by ${story.decided_by}`);
  line.dataset.status = story.status;
  line.querySelector(".journey-found").replaceChildren(...story.findings.map(({ words, evidence }) => {
    const item = document.createElement("li");
    item.append(words);
    for (const piece of evidence) {
      const mark = document.createElement("mark");
      mark.textContent = piece;
      item.append(" ", mark);
    }
    return item;
  }));
  line.querySelector(".journey-scores").replaceChildren(...story.scores.slice(0, 3).flatMap(({ label, score, hold_at: hold }) => {
    const term = document.createElement("dt");
    term.textContent = label;
    const value = document.createElement("dd");
    const bar = document.createElement("meter");
    Object.assign(bar, { min: 0, max: 1, value: score, high: hold ?? 1, optimum: 0 });
    bar.setAttribute("aria-hidden", "true");
    value.append(bar, ` ${percent(score)}${hold === null ? "" : `, held from ${percent(hold)}`}`);
    return [term, value];
  }));
}

async function follow(comment) {
  const id = comment.id.slice("comment-".length);
  const line = byId("journey").content.firstElementChild.cloneNode(true);
  comment.append(line);
  const url = `/demo/comments/${id}/${new URL(comment.dataset.private, location.href).search}`;
  const until = Date.now() + FOLLOW_FOR_MS;
  for (let delay = 40; Date.now() < until; delay = Math.min(delay * 1.4, 1000)) {
    const story = await ask(url, 5000);
    if (story) show(line, story);
    if (story?.timings_ms && story.status !== "pending") return;
    await pause(delay);
  }
}

const list = byId("comment-list");
if (list) {
  new MutationObserver((changes) => {
    for (const node of changes.flatMap((change) => [...change.addedNodes])) {
      if (node.dataset?.private && !node.querySelector(".journey")) follow(node);
    }
  }).observe(list, { childList: true });
}

// Stop 5: the parts, once a second while somebody looks.

const word = (name) => document.querySelector(`#parts-words [data-word=${name}]`).textContent;

function showParts(report) {
  const sick = report ? report.parts.filter((part) => part.state === "sick").map((part) => part.name) : [];
  const status = report ? report.status : "down";
  const text = !report ? word("silent") : sick.length ? word("sick").replace("{parts}", sick.join(", ")) : word("ok");
  const line = byId("parts-status");
  if (line.textContent !== text) line.textContent = text; // Announced only when it changes.
  line.className = `panel-status panel-${status}`;
  for (const { name, state, detail } of report?.parts ?? []) {
    const row = byId("parts").querySelector(`[data-part="${name}"]`);
    row.className = `part-${state}`;
    row.cells[1].textContent = state;
    row.cells[2].textContent = detail;
  }
  byId("parts-pending").textContent = report?.pending ?? "?";
  byId("parts-oldest").textContent = report?.oldest_pending_s ?? "?";
}

async function watchParts(panel) {
  for (;;) {
    await pause(1000);
    if (!document.hidden) showParts(await ask(panel.dataset.url, 6000));
  }
}

if (byId("parts")) watchParts(byId("parts"));

// Commands are copied with one click where the browser allows it.

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  button.hidden = false;
  const label = button.firstChild;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
    label.textContent = "Copied";
    setTimeout(() => (label.textContent = "Copy"), 2000);
  });
}
