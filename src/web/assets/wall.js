// The wallboard, live: the time to the next breach runs, and the numbers are read anew when something changed and every
// quarter of a minute. Without it the page reloads by itself.
"use strict";
(() => {
  const body = document.body, wall = document.getElementById("wall"), off = document.getElementById("off");
  const policy = window.trustedTypes
    ? window.trustedTypes.createPolicy("webcared", { createHTML: (html) => html })
    : { createHTML: (html) => html };
  let offset = 0;
  const set = () => { offset = Date.now() - Number(wall.querySelector("[data-now]")?.dataset.now || Date.now()); };
  const span = (ms) => {
    const s = Math.max(0, Math.floor(ms / 1000)), m = Math.floor(s / 60);
    if (s < 120) return `${s} s`;
    if (m < 60) return `${m} ${body.dataset.minute}`;
    return `${Math.floor(m / 60)} ${body.dataset.hour} ${String(m % 60).padStart(2, "0")}`;
  };
  // In the language of the page, as this reader's browser writes it where it knows it.
  const page = document.documentElement.lang, plain = (tag) => tag.split("-")[0];
  const tongue = [...navigator.languages].find((tag) => plain(tag) === plain(page)) || page;
  // A tag that a browser does not know is no error.
  const known = () => { try { return Intl.DateTimeFormat.supportedLocalesOf([tongue]); } catch { return []; } };
  const zone = new Intl.DateTimeFormat(known(), { hourCycle: "h23", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const count = () => {
    for (const e of wall.querySelectorAll("[data-due]")) {
      const left = Number(e.dataset.due) - (Date.now() - offset);
      e.textContent = span(left);
      e.closest(".tile").classList.toggle("soon", left < 600000);
      if (left < 0) later(1500);
    }
  };
  const times = () => {
    for (const e of wall.querySelectorAll("time")) { e.title = e.dateTime; e.textContent = zone.format(new Date(e.dateTime)); }
  };
  let timer = 0, reading = false;
  const read = async () => {
    timer = 0;
    if (reading) { later(1500); return; }
    reading = true;
    try {
      const url = new URL(location.href);
      url.searchParams.set("fragment", "1");
      const answer = await fetch(url, { headers: { accept: "text/html" }, redirect: "manual" });
      // A token that was taken back, or a log-in that ended, which leads to the log-in: the page says so itself.
      if (answer.type === "opaqueredirect" || answer.status === 404 || answer.status === 401) { location.reload(); return; }
      if (!answer.ok) throw new Error(String(answer.status));
      wall.innerHTML = policy.createHTML(await answer.text());
      off.hidden = true;
      set(); count(); times();
    } catch (error) {
      off.hidden = false;
    } finally {
      reading = false;
    }
  };
  const later = (ms) => { if (!timer) timer = setTimeout(read, ms); };
  set(); count(); times();
  setInterval(count, 1000);
  setInterval(() => later(0), 15000);
  if (!window.EventSource) return;
  const live = new EventSource(body.dataset.live);
  for (const kind of ["many", "case"]) live.addEventListener(kind, () => later(1500));
  addEventListener("pagehide", () => live.close());
})();
