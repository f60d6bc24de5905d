// A reader's plain text as the server shows it: paragraphs, line breaks, web addresses as links.

const ADDRESS = /https?:\/\/[^\s<>"'`\\]+/gi;

// Marks that turn the direction of writing around, and controls: the server takes them out.
const UNWANTED = /[\u200e\u200f\u061c\u202a-\u202e\u2066-\u2069\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;

/** A name as the server will show it. */
export const shownName = (name) => name.replace(/\s+/g, " ").replace(UNWANTED, "").trim();

function withoutTrailing(url) {
  let unopened = url.split(")").length - url.split("(").length;
  let end = url.length;
  while (end && (".,;:!?…".includes(url[end - 1]) || (url[end - 1] === ")" && unopened > 0))) {
    if (url[end - 1] === ")") unopened -= 1;
    end -= 1;
  }
  return url.slice(0, end);
}

function linked(line) {
  const parts = [];
  let end = 0;
  for (const match of line.matchAll(ADDRESS)) {
    const url = withoutTrailing(match[0]);
    if (/^https?:\/\/(?:[/?#]|$)/i.test(url)) continue; // It names no host.
    const link = document.createElement("a");
    link.href = url;
    link.rel = "nofollow ugc noopener";
    link.textContent = url.length > 60 ? `${url.slice(0, 59)}…` : url;
    parts.push(line.slice(end, match.index), link);
    end = match.index + url.length;
  }
  return [...parts, line.slice(end)];
}

export function showText(target, text) {
  const blocks = text.replace(/\r\n?/g, "\n").replace(UNWANTED, "").trim().split(/\n[^\S\n]*\n\s*/);
  target.replaceChildren(
    ...blocks.map((block) => {
      const paragraph = document.createElement("p");
      paragraph.dir = "auto";
      block.split("\n").forEach((line, index) => {
        paragraph.append(...(index ? [document.createElement("br")] : []), ...linked(line));
      });
      return paragraph;
    }),
  );
}
