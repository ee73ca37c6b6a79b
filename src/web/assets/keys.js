// Keys for all that buttons do. One letter each, never while somebody types, never with Ctrl, Alt or
// Cmd, and never while an input method composes.
"use strict";
(() => {
  const get = (id) => document.getElementById(id);
  const press = (id) => { const e = get(id); if (e) e.click(); return Boolean(e); };
  const open = (id, field) => {
    const part = get(id);
    if (!part) return false;
    part.open = true;
    const e = field ? get(field) : part.querySelector("form button:not([disabled])");
    e?.focus();
    if (e?.select && e.tagName === "INPUT") e.select();
    return true;
  };
  const rows = () => [...document.querySelectorAll("#rows tr:not([hidden]) a[id]")];
  const move = (by) => {
    const all = rows();
    if (!all.length) return false;
    const at = all.indexOf(document.activeElement);
    const to = at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by));
    all[to].focus();
    all[to].scrollIntoView({ block: "nearest" });
    return true;
  };
  // Chooses the row that has the focus, or lets it go.
  const pick = () => {
    const box = document.activeElement?.closest?.("tr")?.querySelector(".pickrow");
    if (!box) return false;
    box.checked = !box.checked;
    picked();
    return true;
  };
  const picked = () => {
    const out = get("bulk-count"), n = document.querySelectorAll(".pickrow:checked").length;
    if (out) out.textContent = n ? `(${n})` : "";
  };
  window.webcaredPicked = picked;
  get("rows")?.addEventListener("change", picked);
  picked();
  const help = () => { const d = get("keys"); if (!d) return false; if (!d.open) d.showModal(); return true; };
  const undo = () => { const b = document.querySelector("#way .undo button"); b?.click(); return Boolean(b); };
  const keys = {
    n: () => press("next"), c: () => press("act-claim"), r: () => open("reply", "reply-text"), m: () => open("do-note", "note-text"),
    s: () => open("do-snooze"), x: () => open("do-dismiss", "reason-dismiss"), e: () => open("do-resolve", "reason-resolve"),
    l: () => open("do-correct", "correct-level"), g: () => press("check-right"), a: () => press("check-missed"),
    t: () => { if (!get("library") || !open("reply")) return false; get("library").open = true; get("library").querySelector("summary").focus(); return true; },
    f: () => { const d = get("filters"); if (!d) return false; d.open = true; d.querySelector("#filter-form input:not([type=hidden]), #filter-form select")?.focus(); return true; }, b: () => press("bulk-go"), v: pick, i: () => { location.href = "/"; return true; },
    u: undo, j: () => move(1), k: () => move(-1), "/": () => { const f = get("filter"); f?.focus(); f?.select(); return Boolean(f); }, "?": help,
  };
  const typing = (e) => e && (e.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(e.tagName));
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing || event.keyCode === 229) return;
    if (event.key === "Escape" && typing(event.target) && event.target.id !== "filter") { event.target.blur(); return; }
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat && !"jk".includes(event.key)) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    const act = Object.hasOwn(keys, event.key) ? keys[event.key] : null;
    if (act && act()) event.preventDefault();
  });
  get("keys-open")?.addEventListener("click", help);
  get("keys-close")?.addEventListener("click", () => get("keys").close());

  // While somebody types the filter hides rows of the page that is shown; Enter asks the server for all.
  const filter = get("filter");
  const apply = () => {
    const words = filter.value.toLocaleLowerCase().split(/\s+/u).filter(Boolean);
    for (const row of document.querySelectorAll("#rows tbody tr")) {
      const text = row.textContent.toLocaleLowerCase();
      row.hidden = !words.every((w) => text.includes(w));
    }
  };
  if (filter) {
    filter.addEventListener("input", apply);
    filter.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { filter.value = ""; apply(); filter.blur(); }
      if (event.key === "ArrowDown" && rows().length) { event.preventDefault(); rows()[0].focus(); }
    });
    // What was searched for is not looked for once more in what is shown of it.
    window.webcaredFilter = () => { if (filter.value !== filter.defaultValue) apply(); };
  }
})();
