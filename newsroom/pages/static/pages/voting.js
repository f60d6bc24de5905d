// Recommends comments without leaving the page. Without this file the same buttons send a form.
// Which ones this reader has recommended is kept by this browser alone.

const KEY = "newsroom.votes";
const KEPT = 500;
const live = document.getElementById("thread-live");
const votes = new Map(load());
const busy = new Set();

function load() {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? "[]");
  } catch {
    return [];
  }
}

function keep(id, value) {
  votes.delete(id);
  if (value) votes.set(id, value);
  try {
    localStorage.setItem(KEY, JSON.stringify([...votes].slice(-KEPT)));
  } catch {
    // Storage refused: known until the page is left.
  }
}

function show(id) {
  for (const button of document.querySelectorAll(`[data-vote][data-comment="${id}"]`)) {
    const isPressed = votes.get(id) === Number(button.dataset.vote);
    button.setAttribute("aria-pressed", String(isPressed));
    button.value = isPressed ? "0" : button.dataset.vote;
  }
}

async function send(id, value) {
  const response = await fetch(`/api/v1/comments/${id}/votes/`, {
    method: "POST",
    body: JSON.stringify({ value }),
    headers: { "Content-Type": "application/json", Accept: "application/json" },
  }).catch(() => null);
  if (!response?.ok) {
    live.textContent = live.dataset.failed;
    return;
  }
  live.textContent = "";
  keep(id, value);
  const answer = await response.json();
  for (const sum of document.querySelectorAll(`[data-votes="${id}"]`)) sum.textContent = answer.votes;
  show(id);
}

for (const button of document.querySelectorAll("[data-vote]")) {
  if (button.getAttribute("aria-pressed") === "true") keep(button.dataset.comment, Number(button.dataset.vote));
}
for (const button of document.querySelectorAll("[data-vote]")) show(button.dataset.comment);
document.addEventListener("click", async (event) => {
  const button = event.target.closest?.("[data-vote]");
  if (!button) return;
  event.preventDefault();
  const id = button.dataset.comment;
  if (busy.has(id)) return;
  busy.add(id);
  try {
    await send(id, Number(button.value));
  } finally {
    busy.delete(id);
  }
});
