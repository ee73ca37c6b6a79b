// Passkeys. A form that wants one asks the server for a challenge, has the browser ask the person, puts what came of
// it into its own fields and goes its ordinary way. Without this script the forms stay hidden.
"use strict";
(() => {
  const can = Boolean(window.PublicKeyCredential && navigator.credentials);
  for (const note of document.querySelectorAll("[data-no-passkey]")) note.hidden = can;
  if (!can) return;
  const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) => {
    let all = "";
    for (const byte of new Uint8Array(buffer)) all += String.fromCharCode(byte);
    return btoa(all).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const named = (keys) => keys.map((id) => ({ type: "public-key", id: bytes(id) }));

  const asked = async (form) => {
    const body = new URLSearchParams();
    for (const name of ["csrf", "what"]) if (form.elements[name]) body.set(name, form.elements[name].value);
    const answer = await fetch(form.dataset.challenge, { method: "POST", body, redirect: "error" });
    if (!answer.ok) throw new Error(String(answer.status));
    return answer.json();
  };
  const made = async (said) => {
    const key = await navigator.credentials.create({ publicKey: {
      challenge: bytes(said.challenge),
      rp: { id: said.rp, name: "webcared" },
      user: { id: bytes(said.user[0]), name: said.user[1], displayName: said.user[2] },
      pubKeyCredParams: [{ type: "public-key", alg: -8 }, { type: "public-key", alg: -7 }],
      authenticatorSelection: { residentKey: "required", requireResidentKey: true, userVerification: "required" },
      excludeCredentials: named(said.keys),
      attestation: "none",
      timeout: 120000,
    } });
    return { client: key.response.clientDataJSON, statement: key.response.attestationObject };
  };
  const shown = async (said) => {
    const key = await navigator.credentials.get({ publicKey: {
      challenge: bytes(said.challenge),
      rpId: said.rp,
      allowCredentials: named(said.keys),
      userVerification: "required",
      timeout: 120000,
    } });
    return { id: key.rawId, client: key.response.clientDataJSON, data: key.response.authenticatorData,
      signature: key.response.signature };
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    form.hidden = false;
    const status = form.querySelector("[role=status]");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      status.textContent = "";
      try {
        const said = await asked(form);
        const fields = await (form.dataset.passkey === "add" ? made : shown)(said);
        for (const [name, value] of Object.entries(fields)) form.elements[name].value = text(value);
        form.submit();
      } catch (error) {
        status.textContent = form.dataset.failed;
      }
    });
  }
})();
