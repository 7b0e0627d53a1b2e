// What the page gains with a script: search, copy buttons, and a server that opens when a link leads into it.
(() => {
  "use strict";
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const body = document.body.dataset;

  const box = document.getElementById("q");
  const nobody = document.getElementById("nobody");
  const hosts = all(".host");
  const entries = all("[data-i]");
  let texts;
  const search = () => {
    const needle = box.value.trim().toLowerCase();
    texts ??= hosts.map((host) => host.textContent.toLowerCase());
    const hits = texts.map((text) => text.includes(needle));
    entries.forEach((entry) => entry.classList.toggle("miss", !hits[entry.dataset.i]));
    nobody.hidden = hits.includes(true);
  };
  if (box) {
    box.hidden = false;
    box.addEventListener("input", search);
    box.form.addEventListener("submit", (event) => event.preventDefault());
    document.addEventListener("keydown", (event) => {
      if (event.key === "/" && !event.target.matches("[type=search]")) {
        event.preventDefault();
        box.focus();
      }
    });
  }

  const copy = async (pre, button) => {
    try {
      await navigator.clipboard.writeText(pre.textContent);
    } catch {
      getSelection().selectAllChildren(pre);
      if (!document.execCommand("copy")) return;
    }
    button.textContent = body.copied;
    setTimeout(() => { button.textContent = body.copy; }, 2000);
  };
  all(".copy > pre").forEach((pre) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = body.copy;
    button.setAttribute("aria-live", "polite");
    button.addEventListener("click", () => copy(pre, button));
    pre.after(button);
  });

  const reveal = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    const host = target?.closest(".host");
    if (host) {
      host.open = true;
      target.scrollIntoView();
    }
  };
  addEventListener("hashchange", reveal);
  reveal();
})();
