// Small helps on top of pages that work without them. No state, no storage, no inline code.
"use strict";

// The warning before a session ends. Other tabs may have extended it, so the server is asked before warning.
(() => {
  const body = document.body;
  const dialog = document.getElementById("session-dialog");
  if (!dialog || !body.dataset.sessionEndsIn) return;
  const WARN_BEFORE = 120;
  let timer = 0;

  const wait = (seconds) => {
    clearTimeout(timer);
    timer = setTimeout(look, Math.max(seconds, 1) * 1000);
  };
  const ask = async (url, options = {}) => {
    const answer = await fetch(url, { headers: { Accept: "application/json", ...options.headers }, redirect: "manual", ...options });
    return answer.ok ? (await answer.json()).seconds_left : 0;
  };
  const look = async () => {
    let left = 0;
    try { left = await ask(body.dataset.sessionUrl); } catch { return wait(15); }
    if (left > WARN_BEFORE) {
      if (dialog.open) dialog.close();
      return wait(left - WARN_BEFORE);
    }
    if (left > 0) {
      if (!dialog.open) dialog.showModal();
      return wait(Math.min(left, 15));
    }
    // Ended: hand a half-filled form to the server, which keeps it until the person has signed in again.
    const form = document.querySelector("form[data-keep]");
    if (form && form.dataset.touched) form.requestSubmit();
    else location.assign(location.href.split("#")[0]);
  };
  dialog.querySelector("form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const key = event.target.querySelector("[name=csrfmiddlewaretoken]").value;
    const left = await ask(body.dataset.extendUrl, { method: "POST", headers: { "X-CSRFToken": key, Accept: "application/json" } });
    dialog.close();
    wait(left - WARN_BEFORE);
  });
  wait(Number(body.dataset.sessionEndsIn) - WARN_BEFORE);
})();

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-keep]");
  if (form) form.dataset.touched = "1";
});

// Leaving a page with something typed and not saved asks first.
window.addEventListener("beforeunload", (event) => {
  if (document.querySelector("form[data-keep][data-touched]:not([data-sent])")) event.preventDefault();
});

// One click, one record: a second click on the same form does nothing while the first is under way.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// The error summary takes the focus, also after htmx replaced a part of the page.
const focusSummary = (root) => root.querySelector(".error-summary")?.focus();
focusSummary(document);
document.addEventListener("htmx:afterSwap", (event) => focusSummary(event.target));

// The banner is as high as the name and the allergies in it: nothing that gets the focus may hide under it.
const banner = document.querySelector(".banner");
if (banner) {
  new ResizeObserver(() => {
    const height = getComputedStyle(banner).position === "sticky" ? banner.offsetHeight : 0;
    document.documentElement.style.setProperty("--banner", `${height}px`);
  }).observe(banner);
}

// A part of a page cannot show a refusal or an outage: send the form the plain way, and its page says what happened.
for (const name of ["htmx:responseError", "htmx:sendError"]) {
  document.addEventListener(name, (event) => event.detail.elt.closest("form")?.submit());
}

// An open menu closes with Escape or a click elsewhere.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) { menu.open = false; menu.querySelector("summary").focus(); }
});
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});
