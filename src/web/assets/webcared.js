// Liveness only: everything works without it. Hints arrive as events; the page is then fetched anew
// and only the live part is exchanged, so that scrolling and typing are not lost.
(() => {
  const part = document.getElementById("live");
  if (!part || !window.EventSource) return;
  let waiting = null, busy = false, again = false;
  const typing = () => { const e = document.activeElement; return e && part.contains(e) && e.matches("input,textarea") && e.value !== ""; };
  const exchange = async () => {
    waiting = null;
    if (busy) { again = true; return; }
    if (typing()) { waiting = setTimeout(exchange, 3000); return; }
    busy = true;
    try {
      const answer = await fetch(location.href, { headers: { "x-live": "1" }, credentials: "same-origin" });
      if (answer.ok && !answer.redirected) {
        const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
        for (const id of ["live"]) {
          const from = fresh.getElementById(id), to = document.getElementById(id);
          if (from && to && !typing()) to.replaceChildren(...from.childNodes);
        }
        const lanes = fresh.querySelector(".lanes"), shown = document.querySelector(".lanes");
        if (lanes && shown) shown.replaceChildren(...lanes.childNodes);
      }
    } catch { /* the network is away; the next hint tries again */ }
    busy = false;
    if (again) { again = false; soon(); }
  };
  const soon = () => { if (waiting === null) waiting = setTimeout(exchange, 300); };
  const hints = new EventSource(part.dataset.live);
  hints.addEventListener("changed", (hint) => {
    if (part.dataset.case && hint.data !== part.dataset.case) return;
    soon();
  });
  hints.addEventListener("open", soon);
  setInterval(soon, 30000); // times in words grow old
})();
