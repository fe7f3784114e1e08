/* Small conveniences; every page works without them. */
"use strict";

// One open menu at a time; a click elsewhere or Escape closes it.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// A form is sent once: the second click of an impatient finger does nothing.
document.addEventListener("submit", (event) => {
  const form = event.target;
  // A filter may have changed the address since the page came.
  if (form.matches(".language")) form.elements.next.value = location.pathname + location.search;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// A select in a filter bar applies at once where htmx is there; the button stays for everybody else.
document.addEventListener("change", (event) => {
  const form = event.target.closest("form.filters[hx-get]");
  if (form && window.htmx && event.target.matches("select, input[type=date], input[type=checkbox]")) form.requestSubmit();
});
