// Comforts of the form: a draft that outlives a reload, a live count, a preview. All works without them.

import { showText, shownName } from "./text.js";

const byId = (id) => document.getElementById(id);
const form = byId("reply-form");
const fields = { name: byId("reply-name"), email: byId("reply-email"), body: byId("reply-body") };
const count = byId("reply-count");
const preview = byId("reply-preview");
// For this tab only, and gone with it: on a shared computer nothing stays behind.
const DRAFT_KEY = `newsroom.draft:${form.dataset.api}`;
const MOST_CHARS = 5000;
const WARN_FROM = 4500;

export const word = (selector) => byId("reply-words").querySelector(selector)?.textContent ?? "";

// The same content is sent under the same key however often, also after a reload: a retry makes no second comment.
let attempt = { content: "", key: "" };

export function keyFor(content) {
  if (attempt.content !== content) {
    const random = crypto.getRandomValues(new Uint8Array(16));
    attempt = { content, key: Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("") };
    keepDraft();
  }
  return attempt.key;
}

function keepDraft() {
  const typed = Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, field.value]));
  try {
    if (typed.body.trim()) {
      sessionStorage.setItem(DRAFT_KEY, JSON.stringify({ ...typed, parent: form.elements.parent.value, attempt }));
    } else {
      sessionStorage.removeItem(DRAFT_KEY);
    }
  } catch {
    // Storage refused: the draft lives as long as the page.
  }
}

export function forgetDraft() {
  attempt = { content: "", key: "" };
  fields.body.value = "";
  preview.hidden = true;
  keepDraft();
  showCount();
}

// Gives back what was written before a reload, and whom it answered; what the server gave back comes first.
export function restoreDraft(replyTo) {
  let draft = null;
  try {
    draft = JSON.parse(sessionStorage.getItem(DRAFT_KEY) ?? "null");
  } catch {
    // As above.
  }
  const isReturned = byId("reply-problem") || !preview.hidden;
  if (draft && !isReturned) {
    for (const [name, field] of Object.entries(fields)) field.value ||= draft[name] ?? "";
    attempt = draft.attempt ?? attempt;
    if (draft.parent && !form.elements.parent.value) replyTo(draft.parent);
  }
  showCount();
}

// The count is announced only when it matters; at every key it would talk over the typing.
let said = "";

function showCount() {
  const used = [...fields.body.value.trim()].length;
  const over = used - MOST_CHARS;
  const number = (value) => value.toLocaleString(document.documentElement.lang || undefined);
  count.textContent =
    over > 0
      ? word("[data-word=over]").replace("{n}", number(over))
      : word("[data-word=count]").replace("{n}", number(used)).replace("{most}", number(MOST_CHARS));
  count.classList.toggle("over", over > 0);
  const stage = over > 0 ? "over" : used >= WARN_FROM ? "near" : "";
  if (stage && stage !== said) byId("reply-live").textContent = count.textContent;
  said = stage;
}

function showPreview() {
  preview.querySelector(".preview-name bdi").textContent = shownName(fields.name.value);
  showText(byId("reply-preview-body"), fields.body.value);
}

fields.body.removeAttribute("maxlength"); // It would cut a pasted text silently; the count says what is too much.
form.addEventListener("input", () => {
  keepDraft();
  showCount();
  if (!preview.hidden) showPreview();
});
byId("reply-preview-button").addEventListener("click", (event) => {
  event.preventDefault();
  if (!fields.body.value.trim()) {
    fields.body.focus();
    return;
  }
  showPreview();
  preview.hidden = false;
  preview.focus();
});
