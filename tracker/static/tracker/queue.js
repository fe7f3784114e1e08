/* Keys for the queues: j and k move, x chooses, a accepts, r opens the reason, ? shows the keys. Everything works without. */
"use strict";

(() => {
  const STORE = "queue-keys";
  const keys = () => document.getElementById("keys");
  const rows = () => [...document.querySelectorAll("tr[data-row]")];
  const current = () => document.activeElement?.closest("tr[data-row]");
  const boxes = () => [...document.querySelectorAll("tr[data-row] input[name=row]")];

  // Who types, or works a menu or a button with the keyboard, is left alone. WCAG 2.1.4: the keys can be switched off.
  const isTyping = (target) => target.isContentEditable || target.matches("input:not([type=checkbox]), textarea, select");
  const isOn = () => localStorage.getItem(STORE) !== "off";

  function move(step) {
    const all = rows();
    if (!all.length) return step > 0 && document.querySelector("a[data-key=j]")?.click();
    const here = all.indexOf(current());
    const next = here < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(here + step, 0), all.length - 1);
    all[next].querySelector("[data-open]").focus();
    all[next].scrollIntoView({ block: "nearest" });
  }

  function choose(row) {
    const box = row?.querySelector("input[name=row]");
    if (box) box.checked = !box.checked;
  }

  // Nothing is chosen: the row on which one stands is meant.
  function chooseCurrent() {
    if (!boxes().length) return true;
    const box = current()?.querySelector("input[name=row]");
    if (box && !boxes().some((one) => one.checked)) box.checked = true;
    return boxes().some((one) => one.checked);
  }

  function accept() {
    const button = document.querySelector("button[data-key=a]");
    if (!button || !chooseCurrent()) return;
    const needed = [...document.querySelectorAll("[data-key-first=a]")].map((one) => one.querySelector("input, textarea"));
    const empty = needed.find((one) => one && !one.value.trim());
    if (empty) empty.focus();
    else button.click();
  }

  function giveReason() {
    const field = document.querySelector("[data-key-focus=r] textarea");
    if (!field || !chooseCurrent()) return;
    field.focus();
    field.scrollIntoView({ block: "center" });
  }

  function help() {
    const shown = keys();
    shown.open = !shown.open;
    shown.querySelector("summary").focus();
  }

  const ACTIONS = {
    j: () => move(1),
    k: () => move(-1),
    x: () => choose(current()),
    a: accept,
    r: giveReason,
    "?": help,
  };

  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing || isTyping(event.target)) return;
    const act = ACTIONS[event.key];
    if (!act || !isOn() || !keys()) return;
    event.preventDefault();
    act();
  });

  document.addEventListener("change", (event) => {
    if (event.target.id === "keys-on") localStorage.setItem(STORE, event.target.checked ? "on" : "off");
    if (event.target.id === "choose-all") for (const box of boxes()) box.checked = event.target.checked;
  });

  function reveal() {
    for (const one of document.querySelectorAll(".choose-all, #keys")) one.hidden = false;
    const box = document.getElementById("keys-on");
    if (box) box.checked = isOn();
  }
  document.addEventListener("htmx:afterSettle", reveal);
  reveal();
})();
