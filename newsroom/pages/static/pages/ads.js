// Advertisements: fills the blocks that came without one, and tells when one was looked at (half of it for a
// second, 30 % of a large one). Sets no cookie, stores nothing. The page is whole without this file.
// A block to fill: <aside data-ad-slot="article-top" data-ad-article="slug">words until then</aside>
// A slot in a thread: the element around the comments (id="comment-…") has data-ad-slot, and data-ad-sort,
// data-ad-cursor, data-ad-limit as its comments were asked for; ads come between them.

const LARGE = 242500;
const LOOKED_MS = 1000;
const WAIT_MS = 3000;
const MOST_SHOWN = 40;
const origin = new URL(import.meta.url).origin;
const watched = new WeakSet();
const asked = new WeakSet();
const views = new Map();
let turn = Promise.resolve();

function make(name, properties = {}, ...children) {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children.filter(Boolean));
  return element;
}

// Looked at.

function watch(ad) {
  if (watched.has(ad)) return;
  watched.add(ad);
  const box = ad.getBoundingClientRect();
  const need = box.width * box.height >= LARGE ? 0.3 : 0.5;
  let waiting;
  const observer = new IntersectionObserver((entries) => {
    clearTimeout(waiting);
    const last = entries[entries.length - 1];
    if (!last.isIntersecting || last.intersectionRatio < need - 0.001) return;
    waiting = setTimeout(() => {
      if (document.visibilityState !== "visible") return;
      observer.disconnect();
      fetch(origin + ad.dataset.viewable, { keepalive: true, credentials: "same-origin" }).catch(() => {});
    }, LOOKED_MS);
  }, { threshold: [0, need] });
  observer.observe(ad);
}

// Filling.

function picture({ image, size, kind }) {
  if (!image) return null;
  const [width, height] = kind === "image" ? size.split("x") : [image.width, image.height];
  return make("img", { src: new URL(image.url, origin).href, alt: image.alt, width, height });
}

function words(creative, url) {
  const link = { href: url, rel: "sponsored nofollow noopener" };
  if (creative.kind === "image") return make("a", { ...link, className: "ad-image" }, picture(creative));
  const action = make("a", { ...link, className: "ad-action", textContent: creative.call_to_action });
  action.setAttribute("aria-label", `${creative.call_to_action}: ${creative.headline}`);
  return make("div", { className: creative.image ? "ad-creative ad-pictured" : "ad-creative" },
    picture(creative),
    make("div", { className: "ad-words" },
      make("p", { className: "ad-headline", textContent: creative.headline }),
      creative.text && make("p", { className: "ad-text", textContent: creative.text })),
    action);
}

// The beginning of an id in fifteen letters, as ads/delivery/references.py makes it.
function reference(id) {
  const bits = BigInt(`0x${id.replaceAll("-", "")}`);
  let rest = ((bits >> 80n) << 27n) | (((bits >> 64n) & 0xfffn) << 15n) | ((bits >> 47n) & 0x7fffn);
  let text = "";
  for (; text.length < 15; rest >>= 5n) text = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[Number(rest & 31n)] + text;
  return text.replace(/.{5}(?=.)/g, "$&-");
}

function show(block, ad, view) {
  const { creative } = ad;
  const sponsor = creative.paid_by ? `${ad.disclosure} (${creative.paid_by})` : ad.disclosure;
  block.setAttribute("aria-label", ad.disclosure);
  block.dataset.viewable = ad.viewable_url;
  block.dataset.adView = view;
  block.replaceChildren(
    make("p", { className: "ad-mark" }, make("strong", { textContent: creative.label }), " ", make("span", { textContent: sponsor })),
    ...(creative.notice ? [make("p", { className: "ad-notice", textContent: creative.notice })] : []),
    words(creative, origin + ad.click_url),
    make("details", { className: "ad-why" },
      make("summary", { textContent: block.dataset.adWhy || "Why this ad?" }),
      make("p", {}, `${creative.why} `, make("code", { textContent: reference(ad.decision_id) }))),
    make("img", { className: "ad-count", src: origin + ad.impression_url, alt: "", width: 1, height: 1 }));
  watch(block);
}

function between(ad, view) {
  const below = document.getElementById(`comment-${ad.between[1]}`);
  if (!below || below.previousElementSibling?.matches(".ad")) return;
  const block = make("aside", { className: "ad ad-between" });
  below.before(block);
  show(block, ad, view);
}

// One page view: what came with the page names it, else it is made here and kept while the page stands.
function viewOf(article) {
  const page = `${location.pathname} ${article}`;
  const known = document.querySelector(`[data-ad-view][data-ad-article="${CSS.escape(article)}"]`);
  if (!views.has(page) && known) views.set(page, known.dataset.adView);
  if (!views.has(page)) {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 15) | 64;
    bytes[8] = (bytes[8] & 63) | 128;
    views.clear();
    views.set(page, Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
      .replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-"));
  }
  return views.get(page);
}

async function fill(blocks) {
  const { adArticle: article, adSite: site } = blocks[0].dataset;
  const view = viewOf(article);
  const body = { article, view, slots: [...new Set(blocks.map((block) => block.dataset.adSlot))] };
  const shown = [...document.querySelectorAll(`[data-ad-view="${view}"]`)].map((ad) => ad.dataset.viewable);
  if (shown.length) body.shown = shown.slice(-MOST_SHOWN); // So that they do not come twice, or beside a competitor.
  const thread = blocks.find((block) => block.dataset.adSort);
  if (thread) {
    const { adSort: sort, adCursor: cursor, adLimit: limit } = thread.dataset;
    body.thread = { sort, ...(cursor && { cursor }), ...(limit && { limit: Number(limit) }) };
  }
  const query = site ? `?site=${encodeURIComponent(site)}` : "";
  const response = await fetch(`${origin}/api/v1/ads/decisions/${query}`, {
    method: "POST",
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json", Accept: "application/json" },
    credentials: "omit",
    signal: AbortSignal.timeout(WAIT_MS),
  });
  if (!response.ok) return;
  for (const ad of (await response.json()).results) {
    if (!ad.creative) continue; // The house's words stay, in the room that they have.
    if (ad.between) between(ad, view);
    else show(blocks.find((block) => block.dataset.adSlot === ad.slot), ad, view);
  }
}

function look() {
  document.querySelectorAll("[data-viewable]").forEach(watch);
  const waiting = new Map();
  for (const block of document.querySelectorAll("[data-ad-slot][data-ad-article]")) {
    if (asked.has(block)) continue;
    asked.add(block);
    const key = `${block.dataset.adSite ?? ""} ${block.dataset.adArticle}`;
    waiting.set(key, [...(waiting.get(key) ?? []), block]);
  }
  // One call after the other, since each tells what stands already. Ads may fail; the page goes on.
  for (const blocks of waiting.values()) turn = turn.then(() => fill(blocks)).catch(() => {});
}

// A page that goes on without loading again (another article, more comments) brings new blocks.
let planned = 0;
new MutationObserver(() => {
  cancelAnimationFrame(planned);
  planned = requestAnimationFrame(look);
}).observe(document.documentElement, { childList: true, subtree: true });
look();
