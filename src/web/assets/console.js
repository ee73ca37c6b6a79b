// Makes pages live. Everything works without it: it counts the time down, shows times in the
// browser's zone, and reads the inbox anew when the server hints that something changed.
"use strict";
(() => {
  const body = document.body;
  body.classList.add("js");
  const offset = Date.now() - Number(body.dataset.now || Date.now());
  // Our own server escapes what it sends; this is the one door by which HTML comes in.
  const policy = window.trustedTypes
    ? window.trustedTypes.createPolicy("webcared", { createHTML: (html) => html })
    : { createHTML: (html) => html };
  window.webcaredHtml = (html) => policy.createHTML(html);

  const span = (ms) => {
    const s = Math.floor(Math.abs(ms) / 1000), m = Math.floor(s / 60), h = Math.floor(s / 3600);
    if (m < 2) return `${s} s`;
    if (h < 1) return `${m} min`;
    if (h < 24) return `${h} ${body.dataset.hour} ${String(m % 60).padStart(2, "0")}`;
    return `${Math.floor(h / 24)} d ${h % 24} ${body.dataset.hour}`;
  };
  const count = () => {
    const now = Date.now() - offset;
    for (const e of document.querySelectorAll("[data-due]")) {
      const left = Number(e.dataset.due) - now;
      const text = `${span(left)} ${left < 0 ? body.dataset.late : body.dataset.left}`;
      if (e.textContent !== text) e.textContent = text;
      e.className = `left ${left < 0 ? "late" : left < 600000 ? "soon" : "fine"}`;
    }
    for (const e of document.querySelectorAll("[data-leaves]")) {
      const left = Math.ceil((Number(e.dataset.leaves) - now) / 1000);
      const text = left > 0 ? `${body.dataset.leavesIn} ${left} s` : body.dataset.leavesNow;
      if (e.textContent !== text) e.textContent = text;
    }
  };
  // In the language of the page, as this reader's browser writes it where it knows it.
  const page = document.documentElement.lang, plain = (tag) => tag.split("-")[0];
  const tongue = [...navigator.languages].find((tag) => plain(tag) === plain(page)) || page;
  // A tag that a browser does not know is no error.
  const known = () => { try { return Intl.DateTimeFormat.supportedLocalesOf([tongue]); } catch { return []; } };
  // In the zone that the reader chose, else in the browser's own; a zone that a browser does not know is no error either.
  const plainly = { hourCycle: "h23", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" };
  const written = (more) => {
    const how = { ...plainly, ...more };
    try { return new Intl.DateTimeFormat(known(), { ...how, timeZone: body.dataset.zoneChosen ? body.dataset.zone : undefined }); } catch { return new Intl.DateTimeFormat(known(), how); }
  };
  // What is far away says its year.
  const zone = written({}), far = written({ year: "numeric" }), FAR = 180 * 86400000;
  const told = (at) => (Math.abs(at - Date.now()) > FAR ? far : zone).format(at);
  const localise = () => {
    for (const e of document.querySelectorAll("time[datetime]:not([data-due]):not([data-seen])")) {
      e.dataset.seen = "1";
      // A day is the same day in every zone.
      if (!e.dateTime.includes("T")) continue;
      // The exact instant, to the second.
      e.title = e.dateTime;
      e.textContent = told(new Date(e.dateTime));
    }
  };
  // What is counted down says on hover when that is: in the reader's zone, and the exact instant.
  const counted = () => {
    for (const e of document.querySelectorAll("time[data-due]:not([data-seen])")) {
      e.dataset.seen = "1";
      e.title = `${told(new Date(e.dateTime))}, ${e.dateTime}`;
    }
  };
  // Times that are typed are meant in one zone; where others are shown, a field says which.
  const meant = () => {
    if (zone.resolvedOptions().timeZone === body.dataset.zone) return;
    for (const e of document.querySelectorAll("input[type='datetime-local']:not([data-seen])")) {
      e.dataset.seen = "1";
      e.labels[0]?.append(` (${body.dataset.zone})`);
    }
  };
  window.webcaredTimes = () => { count(); localise(); counted(); meant(); };
  window.webcaredTimes();
  setInterval(count, 1000);
  for (const pick of document.querySelectorAll(".pick select")) pick.addEventListener("change", () => pick.form.submit());

  // Menus close by Escape, by a press elsewhere, and when the focus leaves them.
  const menus = () => document.querySelectorAll(".menu[open]");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of menus()) { if (menu.contains(document.activeElement)) menu.firstElementChild.focus(); menu.open = false; }
  });
  for (const kind of ["click", "focusin"]) {
    document.addEventListener(kind, (event) => { for (const menu of menus()) if (!menu.contains(event.target)) menu.open = false; });
  }

  if (!body.dataset.live || !window.EventSource) return;
  const rows = document.getElementById("rows");
  const shown = document.getElementById("case");
  const off = document.getElementById("live-off");

  // What is read while nobody touches the page does not keep the log-in open.
  let touched = Date.now();
  for (const kind of ["keydown", "pointerdown", "pointermove", "wheel", "focus"]) addEventListener(kind, () => { touched = Date.now(); }, { passive: true });
  const headers = () => Date.now() - touched < 600000 ? { accept: "text/html" } : { accept: "text/html", "webcared-untouched": "1" };

  // Reads the rows anew and puts them in place: the scroll position stays, the focus goes back to
  // the same case. Not while something in the list is selected.
  let reading = false, again = false;
  const read = async () => {
    if (reading) { again = true; return; }
    if (rows.contains(getSelection().anchorNode) && !getSelection().isCollapsed) { later(3000); return; }
    reading = true;
    try {
      const url = new URL(location.href);
      url.searchParams.set("fragment", "1");
      const answer = await fetch(url, { headers: headers(), redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      const html = await answer.text();
      const picked = new Set([...rows.querySelectorAll(".pickrow:checked")].map((box) => box.id));
      const before = new Set([...rows.querySelectorAll("a[id]")].map((a) => a.id));
      const focused = rows.contains(document.activeElement) ? document.activeElement.id : "";
      rows.innerHTML = policy.createHTML(html);
      for (const id of picked) { const box = document.getElementById(id); if (box) box.checked = true; }
      window.webcaredPicked?.();
      if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
      for (const a of rows.querySelectorAll("a[id]")) if (!before.has(a.id)) a.closest("tr")?.classList.add("fresh-row");
      window.webcaredTimes();
      window.webcaredFilter?.();
    } catch (error) {
      later(5000);
    } finally {
      reading = false;
      if (again) { again = false; later(300); }
    }
  };
  let timer = 0;
  const later = (ms) => { clearTimeout(timer); timer = setTimeout(read, ms); };

  const live = new EventSource("/live");
  live.addEventListener("hello", () => { off.hidden = true; if (rows) later(300); });
  live.addEventListener("many", () => { if (rows) later(500); });
  live.addEventListener("here", (hint) => { if (shown && shown.dataset.case === hint.data) window.webcaredCase?.(); });
  live.addEventListener("case", (hint) => {
    if (rows) later(300);
    // The part that is read anew tells whether it is news to this page.
    if (shown && shown.dataset.case === hint.data) window.webcaredCase?.();
  });
  live.onerror = () => { if (live.readyState === EventSource.CLOSED) off.hidden = false; };
  addEventListener("pagehide", () => live.close());
})();
