// Comments on a page elsewhere: <script src="…/embed.js" data-url="…" async></script>, or data-article="slug".
// A web component in a shadow root. No dependency, no cookie, no inline style or script: a strict policy lets it
// run. Colours and type come from the page through --newsroom-* variables. docs/embedding.md says more.
(() => {
  const script = document.currentScript;
  const base = new URL(".", script.src);
  const { url, article, site } = script.dataset;
  const OWN_KEY = "newsroom.own-comments";
  const MOST_CHARS = 5000;
  const WARN_FROM = 4500;
  const DELAYS = [150, 200, 300, 500, 800, ...Array(10).fill(1500), ...Array(20).fill(5000)];
  const CSS = `
:host { display: block; container-type: inline-size; font: var(--newsroom-font, inherit); color: var(--newsroom-text, inherit); line-height: 1.5; }
* { box-sizing: border-box; } h2, h3, p, ul, form { margin: 0; padding: 0; }
h2 { font-size: 1.4em; } h3 { font-size: 1.15em; }
.head { display: flex; flex-wrap: wrap; gap: .5em 1em; align-items: baseline; justify-content: space-between; padding-block: .75em; border-block-end: 1px solid var(--newsroom-rule, #8886); }
article { padding-block: .9em; overflow-wrap: anywhere; } article article { padding-block-end: 0; }
.list > article + article { border-block-start: 1px solid var(--newsroom-rule, #8886); }
.by { display: flex; flex-wrap: wrap; gap: 0 .75em; align-items: baseline; } .name { font-weight: 700; }
.soft, time { color: var(--newsroom-soft, inherit); font-size: .875em; }
.badge { padding: 0 .5em; border: 1px solid currentcolor; border-radius: 1em; font-size: .75em; }
.text { margin-block-start: .3em; } .text p + p { margin-block-start: .6em; }
.foot { display: flex; flex-wrap: wrap; gap: .25em 1em; align-items: center; margin-block-start: .3em; font-size: .875em; }
.replies { margin-block-start: .5em; padding-inline-start: .9em; border-inline-start: 2px solid var(--newsroom-rule, #8886); }
a, .plain { color: var(--newsroom-link, LinkText); } a { padding-block: .2em; }
button { min-block-size: 1.9em; padding: .2em .8em; border: 1px solid var(--newsroom-link, currentcolor); border-radius: var(--newsroom-radius, 3px); background: none; color: var(--newsroom-link, inherit); font: inherit; cursor: pointer; }
.plain { border: 0; padding-inline: 0; text-decoration: underline; }
button[aria-pressed=true], .send { background: var(--newsroom-link, ButtonText); color: var(--newsroom-on-link, Canvas); }
:focus-visible { outline: 3px solid var(--newsroom-focus, Highlight); outline-offset: 2px; } [tabindex="-1"]:focus { outline: none; }
form { display: grid; gap: .9em; margin-block-start: 1.5em; padding-block-start: 1em; border-block-start: 1px solid var(--newsroom-rule, #8886); }
label { display: block; font-weight: 700; }
input, textarea { display: block; inline-size: 100%; padding: .5em; border: 1px solid var(--newsroom-field-edge, #777); border-radius: var(--newsroom-radius, 3px); background: var(--newsroom-field, Field); color: var(--newsroom-field-text, FieldText); font: inherit; }
textarea { min-block-size: 8em; resize: vertical; }
[aria-invalid=true] { border: 2px solid var(--newsroom-alarm, #b3261e); }
.error, .problem { color: var(--newsroom-alarm, #b3261e); font-weight: 700; } .error:empty, .problem:empty { display: none; }
.preview { padding: .8em; border: 1px dashed currentcolor; } .preview h4 { margin: 0; font-size: .875em; }
.own { padding: .8em; border: 1px dashed currentcolor; }
.unseen { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }`;

  const make = (tag, props = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(props)) {
      if (name in element) element[name] = value;
      else element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null && child !== ""));
    return element;
  };
  const pause = (ms) => new Promise((done) => setTimeout(done, ms));
  const random = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const api = (path, query = {}) => {
    const address = new URL(`api/v1/${path}`, base);
    for (const [name, value] of Object.entries(query)) if (value) address.searchParams.set(name, value);
    return address;
  };
  const ask = async (address, { method = "GET", body, headers = {} } = {}) => {
    const response = await fetch(address, {
      method,
      signal: AbortSignal.timeout(15_000),
      credentials: "omit",
      referrerPolicy: "strict-origin-when-cross-origin",
      headers: { Accept: "application/json", ...(body ? { "Content-Type": "application/json" } : {}), ...headers },
      ...(body ? { body: JSON.stringify(body) } : {}),
    }).catch(() => null);
    if (!response) return { ok: false, status: 0, document: {}, wait: null };
    const document = await response.json().catch(() => ({}));
    return { ok: response.ok, status: response.status, document, wait: response.headers.get("Retry-After") };
  };

  // Sentences and brackets end after an address: "(see example.org/a)." links to /a.
  const trimmed = (url) => {
    let unopened = url.split(")").length - url.split("(").length;
    let end = url.length;
    while (end && (".,;:!?…".includes(url[end - 1]) || (url[end - 1] === ")" && unopened > 0))) {
      if (url[end - 1] === ")") unopened -= 1;
      end -= 1;
    }
    return url.slice(0, end);
  };

  // A reader's text: paragraphs, line breaks and links, never markup.
  const texts = (text) =>
    text.replace(/\r\n?/g, "\n").trim().split(/\n[^\S\n]*\n\s*/).map((block) => {
      const paragraph = make("p", { dir: "auto" });
      block.split("\n").forEach((line, index) => {
        if (index) paragraph.append(make("br"));
        let end = 0;
        for (const match of line.matchAll(/https?:\/\/[^\s<>"'`\\]+/gi)) {
          const found = trimmed(match[0]);
          if (/^https?:\/\/([/?#]|$)/i.test(found)) continue;
          paragraph.append(line.slice(end, match.index), make("a", { href: found, rel: "nofollow ugc noopener" }, found));
          end = match.index + found.length;
        }
        paragraph.append(line.slice(end));
      });
      return paragraph;
    });

  class NewsroomComments extends HTMLElement {
    connectedCallback() {
      if (this.shadowRoot) return;
      this.attachShadow({ mode: "open" });
      const sheet = new CSSStyleSheet();
      sheet.replaceSync(CSS);
      this.shadowRoot.adoptedStyleSheets = [sheet];
      this.shadowRoot.append(make("slot"));
      // The link that stands in the page goes on standing there.
      this.begin().catch((error) => console.warn("Newsroom comments:", error));
    }

    async begin() {
      const asked = this.dataset;
      let found = await ask(api("embeds/", { site: asked.site, article: asked.article, url: asked.article ? "" : asked.url }));
      if (found.status === 404 && !asked.article) {
        found = await ask(api("embeds/", { site: asked.site }), { method: "POST", body: { url: asked.url } });
      }
      if (!found.ok) return;
      this.about = found.document;
      this.words = this.about.words;
      this.sort = "newest";
      this.votes = new Map();
      this.reply = null;
      this.attempt = {};
      const thread = await this.page();
      if (!thread.ok) return;
      this.build(thread.document);
    }

    word(name, values = {}) {
      return (this.words[name] ?? "").replace(/\{(\w+)\}/g, (_, key) => values[key] ?? "");
    }

    ago(at) {
      const seconds = (new Date(at) - Date.now()) / 1000;
      const units = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];
      const [unit, length] = units.find(([, size]) => Math.abs(seconds) >= size) ?? ["second", 1];
      const count = unit === "second" ? 0 : Math.trunc(seconds / length);
      return new Intl.RelativeTimeFormat(this.about.language, { numeric: "auto" }).format(count, unit);
    }

    page(next) {
      if (next) return ask(new URL(next, base));
      return ask(api(`articles/${this.about.article.slug}/comments/`, { site: this.about.site, sort: this.sort, limit: "30" }));
    }

    build(thread) {
      this.live = make("p", { className: "unseen", role: "status" });
      this.heading = make("h2", { tabIndex: -1 });
      this.list = make("div", { className: "list" });
      const sorts = make("div", { className: "foot", role: "group", ariaLabel: this.word("order") });
      for (const sort of ["newest", "oldest", "top"]) {
        const button = make("button", { type: "button", ariaPressed: String(sort === this.sort) }, this.word(sort));
        button.onclick = async () => {
          const answer = await this.page(((this.sort = sort), null));
          if (!answer.ok) return this.say(this.word("unread"));
          for (const other of sorts.children) other.ariaPressed = String(other === button);
          this.fill(answer.document);
          this.heading.focus();
        };
        sorts.append(button);
      }
      const box = make("section", { lang: this.about.language, dir: this.about.direction, ariaLabel: this.word("comments") });
      box.append(make("div", { className: "head" }, this.heading, sorts), this.list, this.form(), this.live);
      this.fill(thread);
      this.shadowRoot.replaceChildren(box);
    }

    fill(thread) {
      this.count = thread.count;
      this.heading.textContent = !thread.count ? this.word("comments") : thread.count === 1 ? this.word("one") : this.word("count", { n: thread.count.toLocaleString(this.about.language) });
      this.list.replaceChildren(...thread.results.map((one) => this.comment(one)));
      if (!thread.results.length) this.list.append(make("p", { className: "soft" }, this.word(this.about.article.is_open ? "none" : "closed")));
      this.more(this.list, thread.next, "more", (one) => this.comment(one));
    }

    // A button that brings the next page in its own place and gives the focus to the first that came.
    more(target, next, words, show) {
      if (!next) return;
      const button = make("button", { type: "button" }, this.word(words));
      button.onclick = async () => {
        const answer = await this.page(next);
        if (!answer.ok) return this.say(this.word("unread"));
        const came = answer.document.results.filter((one) => !this.find(one.id)).map(show);
        button.remove();
        target.append(...came.filter((one) => !one.parentNode));
        this.more(target, answer.document.next, words, show);
        came[0]?.focus();
      };
      target.append(button);
    }

    find(id) {
      return this.list.querySelector(`[data-id="${id}"]`);
    }

    comment(one, answered) {
      const ago = this.ago(one.created_at);
      const name = one.name ?? this.word("removed");
      const element = make("article", { tabIndex: -1, ariaLabel: answered ? this.word("label_reply", { name, to: answered, ago }) : this.word("label", { name, ago }) });
      element.dataset.id = one.id;
      const badges = one.badges.filter((badge) => this.words[badge] && badge !== "removed").map((badge) => make("span", { className: "badge" }, this.word(badge)));
      const link = make("a", { href: new URL(`comments/${one.id}/`, base) }, make("time", { dateTime: one.created_at }, ago));
      element.append(make("div", { className: "by" }, make("bdi", { className: "name" }, name), ...badges, link, one.edited_at ? make("span", { className: "soft" }, this.word("edited")) : ""));
      if (one.name !== null) element.append(make("div", { className: "text" }, ...texts(one.body)), this.foot(one, element));
      const replies = one.replies.map((reply) => this.comment(reply, name));
      const below = (list) => list.reduce((sum, reply) => sum + (reply.name !== null) + below(reply.replies), 0);
      const isMore = one.depth === 0 && one.reply_count > below(one.replies);
      if (replies.length || isMore) {
        const box = make("div", { className: "replies" }, ...replies);
        element.append(box);
        if (isMore) this.more(box, api(`comments/${one.id}/replies/`).href, "more_replies", (reply) => this.under(reply, box, name));
      }
      return element;
    }

    // A reply that came later, below the one it answers if that one is here.
    under(reply, box, name) {
      const above = reply.parent && this.find(reply.parent);
      const element = this.comment(reply, above?.querySelector(".name")?.textContent ?? name);
      if (above && box.contains(above)) this.nest(above, element);
      else box.append(element);
      return element;
    }

    nest(above, element) {
      let box = above.querySelector(":scope > .replies");
      if (!box) above.append((box = make("div", { className: "replies" })));
      box.append(element);
    }

    foot(one, element) {
      const about = () => make("span", { className: "unseen" }, ` ${this.word("about", { name: one.name })}`);
      const sum = make("span", {}, ` ${one.votes}`);
      const vote = make("button", { type: "button", ariaPressed: String(this.votes.get(one.id) === 1) }, this.word("recommend"), about(), sum);
      vote.onclick = async () => {
        const value = this.votes.get(one.id) ? 0 : 1;
        const answer = await ask(api(`comments/${one.id}/votes/`), { method: "POST", body: { value } });
        if (!answer.ok) return this.say(this.word("unvoted"));
        this.votes.set(one.id, value);
        vote.ariaPressed = String(value === 1);
        sum.textContent = ` ${answer.document.votes}`;
      };
      const foot = make("div", { className: "foot" }, vote);
      if (this.about.article.is_open) {
        const reply = make("button", { type: "button", className: "plain" }, this.word("reply"), make("span", { className: "unseen" }, ` ${this.word("to", { name: one.name })}`));
        reply.onclick = () => this.answer({ id: one.id, name: one.name });
        foot.append(reply);
      }
      foot.append(make("a", { href: new URL(`comments/${one.id}/report/`, base), rel: "nofollow" }, this.word("report"), about()));
      const mine = this.own().find(({ id }) => id === one.id);
      if (mine) foot.append(this.privatePage(one.id, mine.token, "change"));
      return foot;
    }

    say(text) {
      this.live.textContent = text;
    }

    answer(reply) {
      this.replying(reply);
      this.saveDraft();
      this.fields.body.focus();
    }

    replying(reply) {
      this.reply = reply;
      this.context.hidden = !reply;
      this.context.firstChild.textContent = reply ? this.word("replying", { name: reply.name }) : "";
    }

    typed() {
      return Object.fromEntries(Object.entries(this.fields).map(([name, input]) => [name, input.value]));
    }

    // For this tab only: it outlives a reload, with the key under which it was tried, and goes with sending.
    saveDraft() {
      const { reply, attempt } = this;
      try {
        if (this.typed().body.trim()) sessionStorage.setItem(this.draftKey, JSON.stringify({ ...this.typed(), reply, attempt }));
        else sessionStorage.removeItem(this.draftKey);
      } catch {
        // Storage refused: the draft lives as long as the page.
      }
    }

    restoreDraft() {
      this.draftKey = `newsroom.draft:${base.host}:${this.about.article.slug}`;
      try {
        const draft = JSON.parse(sessionStorage.getItem(this.draftKey) ?? "null");
        if (!draft) return;
        for (const [name, input] of Object.entries(this.fields)) input.value = draft[name] ?? "";
        this.attempt = draft.attempt ?? {};
        this.replying(draft.reply ?? null);
      } catch {
        // As above.
      }
    }

    // Spoken only when it matters; at every key it would talk over the typing.
    showCount() {
      const used = [...this.fields.body.value.trim()].length;
      const number = (value) => value.toLocaleString(this.about.language);
      this.chars.textContent = used > MOST_CHARS ? this.word("over", { n: number(used - MOST_CHARS) }) : this.word("chars", { n: number(used), most: number(MOST_CHARS) });
      const stage = used > MOST_CHARS ? "over" : used >= WARN_FROM ? "near" : "";
      if (stage && stage !== this.stage) this.say(this.chars.textContent);
      this.stage = stage;
    }

    showPreview() {
      const { name, body } = this.typed();
      this.preview.querySelector(".name").textContent = name.trim();
      this.preview.querySelector(".text").replaceChildren(...texts(body));
    }

    form() {
      if (!this.about.article.is_open) return make("p", { className: "soft" }, this.word("closed"));
      this.fields = {};
      const field = (name, tag, props) => {
        const error = make("p", { className: "error", id: `${name}-error` });
        const input = make(tag, { id: name, required: true, dir: "auto", "aria-describedby": `${name}-error note`, ...props });
        input.oninput = () => ((error.textContent = ""), input.removeAttribute("aria-invalid"));
        this.fields[name] = input;
        return make("div", {}, make("label", { htmlFor: name }, `${this.word(name)} *`), input, error);
      };
      this.problem = make("p", { className: "problem", tabIndex: -1, role: "alert" });
      const cancel = make("button", { type: "button", className: "plain" }, this.word("cancel"));
      cancel.onclick = () => this.answer(null);
      this.context = make("p", { hidden: true }, make("span"), " ", cancel);
      this.chars = make("p", { className: "soft" });
      this.preview = make("section", { className: "preview", hidden: true, tabIndex: -1, "aria-labelledby": "preview" },
        make("h4", { id: "preview" }, this.word("preview")), make("bdi", { className: "name" }), make("div", { className: "text" }));
      const look = make("button", { type: "button" }, this.word("preview"));
      look.onclick = () => {
        if (!this.fields.body.value.trim()) return this.fields.body.focus();
        this.showPreview();
        this.preview.hidden = false;
        this.preview.focus();
      };
      const link = (path, word) => make("a", { href: new URL(path, base) }, this.word(word));
      const form = make("form", { noValidate: true, "aria-labelledby": "leave" },
        make("h3", { id: "leave" }, this.word("leave")), this.problem, make("p", { id: "note", className: "soft" }, this.word("note")), this.context,
        field("name", "input", { autocomplete: "name" }), field("email", "input", { type: "email", autocomplete: "email" }), field("body", "textarea", {}), this.chars, this.preview,
        make("div", { className: "foot" }, make("button", { className: "send" }, this.word("post")), look, link("about/comments/", "how")),
        make("p", { className: "soft" }, `${this.word("accept")} `, link("terms/", "rules"), ". ", link("privacy/", "privacy")));
      form.oninput = () => {
        this.saveDraft();
        this.showCount();
        if (!this.preview.hidden) this.showPreview();
      };
      this.restoreDraft();
      this.showCount();
      form.onsubmit = async (event) => {
        event.preventDefault();
        if (this.sending) return;
        this.sending = true;
        form.ariaBusy = "true";
        await this.send().catch(() => this.refuse(this.word("failed")));
        this.sending = false;
        form.ariaBusy = null;
      };
      return form;
    }

    refuse(text) {
      this.problem.textContent = text;
      this.problem.focus();
    }

    async send() {
      this.problem.textContent = "";
      const body = this.typed();
      if (this.reply) body.parent = this.reply.id;
      const content = JSON.stringify(body);
      // The same content goes under the same key however often: a retry makes no second comment.
      if (this.attempt.content !== content) this.attempt = { content, key: random() };
      this.saveDraft();
      if (this.about.form_token) body.form_token = this.about.form_token;
      const answer = await ask(api(`articles/${this.about.article.slug}/comments/`, { site: this.about.site }), { method: "POST", body, headers: { "Idempotency-Key": this.attempt.key } });
      if (!answer.ok) {
        const { code, errors, detail } = answer.document;
        if (errors?.some(({ field }) => field === "form_token")) return this.renewToken();
        if (errors?.some(({ field }) => field === "parent")) {
          this.replying(null);
          return this.refuse(this.word("parent.does_not_exist"));
        }
        for (const { field, code: problem, detail: technical } of errors ?? []) {
          if (!this.fields[field]) continue;
          this.fields[field].setAttribute("aria-invalid", "true");
          this.fields[field].nextSibling.textContent = this.word(`${field}.${problem}`) || technical;
        }
        return this.refuse(errors ? this.word("invalid") : this.word(code, { wait: answer.wait ?? 60 }) || detail || this.word("failed"));
      }
      this.keep(answer.document);
      this.fields.body.value = "";
      this.attempt = {};
      this.preview.hidden = true;
      this.saveDraft();
      this.showCount();
      this.shown(answer.document, body);
    }

    // Where the site asks for a form token, that of a page opened long ago no longer holds.
    async renewToken() {
      const fresh = await ask(api("embeds/", { site: this.about.site, article: this.about.article.slug }));
      this.about.form_token = fresh.document.form_token;
      this.refuse(this.word(fresh.ok ? "form_expired" : "failed"));
    }

    // Tokens of this reader's own comments, of earlier visits too, as this browser keeps them.
    own() {
      try {
        return JSON.parse(localStorage.getItem(OWN_KEY) ?? "[]");
      } catch {
        return [];
      }
    }

    privatePage(id, token, word) {
      return make("a", { href: new URL(`comments/${id}/?token=${encodeURIComponent(token)}`, base), referrerPolicy: "no-referrer" }, this.word(word));
    }

    keep({ id, author_token: token, status_url: statusUrl }) {
      try {
        localStorage.setItem(OWN_KEY, JSON.stringify([{ id, token, statusUrl, at: new Date().toISOString() }, ...this.own()].slice(0, 50)));
      } catch {
        // Storage refused: the link to the private page is in the page.
      }
    }

    shown({ id, status_url: statusUrl, author_token: token }, { name, body }) {
      const state = make("span");
      const mark = make("span", { className: "badge" }, this.word("own"));
      const element = make("article", { className: "own", tabIndex: -1, ariaLabel: `${name.trim()}, ${this.word("own")}` },
        make("div", { className: "by" }, make("bdi", { className: "name" }, name.trim()), mark), make("div", { className: "text" }, ...texts(body)),
        make("p", { className: "soft" }, state, " ", this.privatePage(id, token, "private")));
      element.dataset.id = id;
      state.textContent = this.word("pending");
      const above = this.reply && this.find(this.reply.id);
      if (above) this.nest(above, element);
      else this.list.prepend(element);
      this.replying(null);
      element.focus();
      this.follow(new URL(statusUrl, base), state, element, mark);
    }

    async follow(address, state, element, mark) {
      for (const delay of DELAYS) {
        await pause(delay);
        const answer = await ask(address);
        const status = answer.document.status ?? "pending";
        if (status === "pending") continue;
        state.textContent = this.word(status) || this.word("rejected");
        element.dataset.status = status;
        this.say(state.textContent);
        if (status === "published") {
          element.className = "";
          mark.remove();
        }
        if (status !== "held") return;
      }
    }
  }

  if (!customElements.get("newsroom-comments")) customElements.define("newsroom-comments", NewsroomComments);
  const element = document.createElement("newsroom-comments");
  Object.assign(element.dataset, { ...(site ? { site } : {}), ...(article ? { article } : { url: url || location.href }) });
  const link = article ? new URL(`articles/${encodeURIComponent(article)}/`, base) : new URL(`embed/?url=${encodeURIComponent(url || location.href)}`, base);
  if (site) link.searchParams.set("site", site);
  if (article) link.hash = "comments";
  element.append(make("a", { href: link }, script.dataset.label || "Comments"));
  script.after(element);
})();
