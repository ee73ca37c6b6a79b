// The page of a case while somebody works on it: counts as the platform counts, keeps drafts, follows
// what is on its way. Everything works without it, by buttons.
"use strict";
(() => {
  const page = document.getElementById("case");
  if (!page) return;
  const html = window.webcaredHtml;
  const form = document.getElementById("reply-form");
  const box = document.getElementById("reply-text");

  // Counting. The same rules as on the server, whose count comes back with every draft.
  const splitter = window.Intl && Intl.Segmenter ? new Intl.Segmenter(undefined, { granularity: "grapheme" }) : null;
  const graphemes = (text) => (splitter ? [...splitter.segment(text)].length : [...text].length);
  const closing = /[.,;:!?)\]»"']+$/u;
  const word = (text, link) => {
    const at = text.search(/https?:\/\//u);
    if (at >= 0) {
      const rest = text.slice(at), body = rest.replace(closing, "");
      return graphemes(text.slice(0, at)) + link + graphemes(rest.slice(body.length));
    }
    const far = /^@([^@]+)@(.*)$/su.exec(text);
    if (far && far[2].includes(".")) {
      const tail = /[^\p{L}\p{N}]*$/u.exec(far[2])[0];
      return 1 + graphemes(far[1]) + graphemes(tail);
    }
    return graphemes(text);
  };
  const light = [[0, 4351], [8192, 8205], [8208, 8223], [8242, 8247]];
  const weight = (text) => (splitter ? [...splitter.segment(text)].map((s) => s.segment) : [...text]).reduce((sum, g) =>
    sum + (/[\p{Extended_Pictographic}\u{FE0F}\u{20E3}\u{1F1E6}-\u{1F1FF}]/u.test(g) && !/^[\u0000-\u00FF]$/u.test(g) ? 2
      : [...g].reduce((n, c) => n + (light.some(([a, b]) => c.codePointAt(0) >= a && c.codePointAt(0) <= b) ? 1 : 2), 0)), 0);
  // A name without https in front of it, of which a link is made all the same, such as acme.com/help.
  const ends = ("com net org info biz edu gov mobi app dev shop store online site xyz cloud page blog news help care support "
    + "travel bank email link").split(" ");
  const bare = (text) => {
    const start = text.search(/[A-Za-z0-9]/u);
    if (start < 0 || /[@#$\-_./]$/u.test(text.slice(0, start))) return null;
    const rest = text.slice(start), name = /^[A-Za-z0-9.-]+/u.exec(rest)[0].replace(/[.-]+$/u, "");
    const behind = rest.slice(name.length), path = behind.startsWith("/");
    const labels = name.split("."), last = labels[labels.length - 1].toLowerCase();
    const fits = /^[a-z]{2}$/u.test(last) ? labels.length > 2 || path : ends.includes(last);
    if (labels.length < 2 || labels.includes("") || !fits || behind.split("/")[0].includes("@")) return null;
    return [start, start + (path ? rest.replace(closing, "") : name).length];
  };
  const bareWeight = (text, link) => text.split(/(\s+)/u).reduce((sum, part) => {
    const at = bare(part);
    return sum + (at ? weight(part.slice(0, at[0])) + link + weight(part.slice(at[1])) : weight(part));
  }, 0);
  const weighted = (text, link) => text.split(/(https?:\/\/\S+)/u).reduce((sum, part) => {
    if (!/^https?:\/\//u.test(part)) return sum + bareWeight(part, link);
    return sum + link + weight(part.slice(part.replace(closing, "").length));
  }, 0);
  const emojiBytes = (text) => (splitter ? [...splitter.segment(text)].map((s) => s.segment) : [...text]).reduce((sum, g) =>
    sum + (/[\p{Extended_Pictographic}\u{FE0F}\u{20E3}\u{1F1E6}-\u{1F1FF}]/u.test(g) && !/^[\u0000-\u00FF]$/u.test(g)
      ? new TextEncoder().encode(g).length : [...g].length), 0);
  const counted = (text, how, link) => {
    if (how === "emoji_bytes") return emojiBytes(text);
    if (how === "weighted") return weighted(text, link);
    if (how === "utf16") return text.length;
    if (how === "scalars") return [...text].length;
    if (how !== "links") return graphemes(text);
    return text.split(/(\s+)/u).reduce((sum, part) => sum + (/^\s/u.test(part) ? graphemes(part) : word(part, link)), 0);
  };
  const measure = (out, box) => {
    if (!out || !box) return;
    const d = out.dataset, words = box.value.trim();
    const own = /(?:^|\s)\^([\p{L}\p{N}_-]{1,20})[.!]*$/u.exec(words);
    const after = own && own[1].toLowerCase() === d.signed.toLowerCase() ? "" : d.after;
    const text = d.before + words + after;
    const length = counted(text, d.counting, Number(d.link)), max = Number(d.max), bytes = Number(d.bytes);
    const over = length > max || (bytes > 0 && new TextEncoder().encode(text).length > bytes);
    out.textContent = `${length} / ${max}`;
    out.className = over ? "over" : "fits";
  };
  const count = () => measure(document.getElementById("count"), box);

  // Drafts: a little after the last key, and when the box is left. Not while the form is being sent. `to` is where they are
  // kept, `named` which fields go along, `show` what is done with what comes back, `count` how the box is counted.
  const writes = ({ form, box, state, send, to, named, show, count }) => {
    let kept = box.value, timer = 0, leaving = false, keeping = null;
    const later = (ms) => { clearTimeout(timer); timer = setTimeout(keep, ms); };
    const keep = async () => {
      clearTimeout(timer);
      const text = box.value;
      if (leaving || keeping || text === kept) return;
      const fields = new URLSearchParams({ fragment: "1", text });
      for (const name of ["csrf", "version", ...named]) {
        const field = form.elements[name];
        if (field && (field.type !== "checkbox" || field.checked)) fields.set(name, field.value);
      }
      keeping = new AbortController();
      try {
        const answer = await fetch(to, { method: "POST", body: fields, headers: { accept: "text/plain" }, redirect: "error", signal: keeping.signal });
        const body = await answer.text();
        if (!answer.ok) throw new Error(body);
        kept = text;
        if (answer.status === 200) show(body);
        state.textContent = state.dataset.kept;
        state.classList.remove("lost");
      } catch (error) {
        if (leaving) return;
        state.textContent = state.dataset.lost;
        state.classList.add("lost");
      } finally {
        keeping = null;
        count();
        if (!leaving && box.value !== kept) later(3000);
      }
    };
    box.addEventListener("input", (event) => { count(); if (!event.isComposing) later(1500); });
    box.addEventListener("compositionend", () => { count(); later(1500); });
    // A press on a button leaves the box first: what is sent is not kept once more.
    box.addEventListener("blur", () => later(300));
    form.addEventListener("submit", (event) => {
      if (leaving) { event.preventDefault(); return; }
      leaving = true;
      clearTimeout(timer);
      if (keeping) keeping.abort();
      for (const b of form.querySelectorAll("button")) b.setAttribute("aria-disabled", "true");
    });
    addEventListener("pageshow", () => {
      leaving = false;
      for (const b of form.querySelectorAll("button")) b.removeAttribute("aria-disabled");
      count();
    });
    // Enter is a line break; only with Ctrl or Cmd is it the word to send, and never while an input
    // method composes a character.
    box.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.isComposing || event.keyCode === 229) return;
      if (!(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      if (!event.repeat) form.requestSubmit(send);
    });
  };
  if (form && box) {
    const state = document.getElementById("draft-state"), preview = document.getElementById("preview");
    const show = (body) => { preview.innerHTML = html(body); };
    writes({ form, box, state, send: document.getElementById("reply-send"), to: form.dataset.draft, named: ["to", "split"], show, count });
    document.getElementById("reply-reason")?.addEventListener("input", () => { document.getElementById("reply-resolve").checked = true; });
    count();
  }

  // The boxes beside the answer (a private word, a mail, a note): kept, counted and sent by the same rules.
  for (const form of document.querySelectorAll("form[data-keeps]")) {
    const box = form.querySelector("textarea[name=text]"), state = form.querySelector(".kept");
    const send = form.querySelector("button.goes, button.main"), preview = form.querySelector(".preview");
    if (!box || !state || !send) continue;
    const show = (body) => { if (preview) preview.innerHTML = html(body); };
    const count = () => measure(preview?.querySelector("output"), box);
    writes({ form, box, state, send, to: form.dataset.keeps, named: ["act", "mail_to"], show, count });
    box.addEventListener("input", () => types());
  }

  // The library: read when it is opened, searched without leaving the page, put into the box at the caret.
  const shelf = document.getElementById("library");
  if (shelf && box) {
    const here = document.getElementById("library-here");
    const fill = async (query) => {
      try {
        const answer = await fetch(`${shelf.dataset.src}?fragment=1${query}`, { headers: { accept: "text/html" }, redirect: "error" });
        if (!answer.ok) throw new Error(String(answer.status));
        here.innerHTML = html(await answer.text());
      } catch (error) { /* The link to its page stays. */ }
    };
    shelf.addEventListener("toggle", () => { if (shelf.open && !here.querySelector("#library-part")) fill(""); });
    const search = () => fill(`&text=${encodeURIComponent(document.getElementById("library-text").value)}`);
    // Its form stands inside of that of the answer, where a form cannot be one: both its ways are taken here.
    here.addEventListener("keydown", (event) => {
      if (event.target.id === "library-text" && event.key === "Enter" && !event.isComposing) { event.preventDefault(); search(); }
    });
    here.addEventListener("click", (event) => {
      if (event.target.closest("button")) { event.preventDefault(); search(); return; }
      const use = event.target.closest("a.use");
      if (!use) return;
      event.preventDefault();
      const text = use.parentElement.querySelector(".post").innerText.trim();
      box.setRangeText(text, box.selectionStart, box.selectionEnd, "end");
      document.getElementById("reply-library").value = use.dataset.use;
      box.dispatchEvent(new Event("input"));
      box.focus();
    });
  }

  // What is on its way, read anew while it moves, and now and then to see who writes.
  // A page that nobody touches asks nothing after a while, so that it does not keep a log-in alive.
  let reading = false, wait = 0, touched = Date.now(), asleep = false;
  const IDLE = 600000, waits = { soon: 1000, later: 5000 };
  for (const kind of ["keydown", "pointerdown", "pointermove", "focus"]) {
    addEventListener(kind, () => { touched = Date.now(); if (asleep) { asleep = false; read(); } }, { passive: true });
  }
  const read = async () => {
    clearTimeout(wait);
    const way = document.getElementById("way");
    if (!way || reading) return;
    if (Date.now() - touched > IDLE) { asleep = true; return; }
    reading = true;
    let next = 10000;
    try {
      if (!document.hidden) {
        const answer = await fetch(`/cases/${page.dataset.case}?fragment=way`, { headers: { accept: "text/html" }, redirect: "error" });
        if (!answer.ok) throw new Error(String(answer.status));
        const fresh = document.createElement("div");
        fresh.innerHTML = html(await answer.text());
        const part = fresh.querySelector("#way");
        if (part && part.dataset.sign !== way.dataset.sign) {
          const focused = way.contains(document.activeElement) ? document.activeElement.id : "";
          way.replaceWith(part);
          if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
          window.webcaredTimes();
        }
        if (part && Number(part.dataset.version) > Number(page.dataset.version)) document.getElementById("changed").hidden = false;
        next = waits[part?.dataset.moving] || next;
      }
    } catch (error) {
      next = 10000;
    } finally {
      reading = false;
      wait = setTimeout(read, next);
    }
  };
  // Who else looks or types: said when the page comes and goes, while somebody types, and now and then.
  let typed = 0;
  const say = (kind) => {
    if (!page.dataset.here) return;
    const fields = new URLSearchParams({ csrf: page.dataset.csrf, kind });
    if (kind === "leave") { navigator.sendBeacon(page.dataset.here, fields); return; }
    fetch(page.dataset.here, { method: "POST", body: fields, redirect: "error", keepalive: true }).catch(() => {});
  };
  say("look");
  setInterval(() => { if (!document.hidden && Date.now() - touched < IDLE) say("still"); }, 20000);
  const types = () => { if (Date.now() - typed > 8000) { typed = Date.now(); say("type"); } };
  box?.addEventListener("input", types);
  addEventListener("pagehide", () => say("leave"));
  wait = setTimeout(read, waits[document.getElementById("way")?.dataset.moving] || 10000);
  document.addEventListener("visibilitychange", () => { if (!document.hidden) read(); });
  window.webcaredCase = read;
})();
