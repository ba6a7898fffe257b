"use strict";
(() => {
  const root = document.documentElement;
  const remember = (theme) => { try { localStorage.setItem("verify-theme", theme); } catch { /* a page from a file may keep nothing */ } };
  try { const kept = localStorage.getItem("verify-theme"); if (kept === "light" || kept === "dark") root.dataset.theme = kept; } catch { /* as above */ }
  const dark = () => root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  const explorers = new Map();
  let active = null;

  class Explorer {
    constructor(element) {
      this.element = element;
      this.states = [...element.querySelectorAll("[data-step]")];
      this.links = [...element.querySelectorAll(".steps > li > a")];
      this.at = 0;
      element.querySelector(".controls").hidden = false;
      element.classList.add("one");
      element.querySelector('[data-go="previous"]').addEventListener("click", () => this.go(this.at - 1));
      element.querySelector('[data-go="next"]').addEventListener("click", () => this.go(this.at + 1));
      const all = element.querySelector("[data-all]");
      all.addEventListener("click", () => all.setAttribute("aria-pressed", String(!element.classList.toggle("one"))));
      this.links.forEach((link, index) => link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        this.go(index);
      }));
      element.querySelectorAll(".boxes input").forEach((box) => box.addEventListener("change", () => {
        const rows = element.querySelectorAll(".steps [data-of], .state [data-of]");
        for (const row of rows) if (row.dataset.of === box.dataset.of) row.hidden = !box.checked;
      }));
      const activate = () => { active = this; };
      element.addEventListener("focusin", activate);
      element.addEventListener("pointerdown", activate);
      this.show(this.states.length - 1);
    }
    show(index) {
      this.at = Math.max(0, Math.min(this.states.length - 1, index));
      this.states.forEach((state, number) => state.classList.toggle("current", number === this.at));
      this.links.forEach((link, number) => {
        if (number === this.at) link.setAttribute("aria-current", "step"); else link.removeAttribute("aria-current");
      });
      this.element.querySelector('[data-go="previous"]').disabled = this.at === 0;
      this.element.querySelector('[data-go="next"]').disabled = this.at === this.states.length - 1;
      this.element.querySelector("[data-at]").textContent = `Step ${this.at} of ${this.states.length - 1}`;
      this.element.querySelector("[data-link]").setAttribute("href", `#${this.states[this.at].id}`);
    }
    go(index) {
      this.show(index);
      active = this;
      history.replaceState(null, "", `#${this.states[this.at].id}`);
    }
  }

  // Rows with words to search by; a button may narrow them to those with a mark, such as data-unlike.
  const filters = (section) => {
    const rows = [...section.querySelectorAll("[data-words]")];
    const search = section.querySelector("[data-search]");
    const buttons = [...section.querySelectorAll("[data-show]")];
    const count = section.querySelector("[data-count]");
    let only = "all";
    const show = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const fits = words.every((word) => row.dataset.words.includes(word)) && (only === "all" || only in row.dataset);
        row.hidden = !fits;
        shown += fits;
      }
      count.textContent = shown === rows.length ? "" : `${shown} of ${rows.length}`;
    };
    search.addEventListener("input", show);
    buttons.forEach((button) => button.addEventListener("click", () => {
      only = button.dataset.show;
      buttons.forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
      show();
    }));
    section.querySelector(".controls").hidden = rows.length < 2;
    section.unfilter = () => { search.value = ""; only = "all"; buttons.forEach((button, index) => button.setAttribute("aria-pressed", String(index === 0))); show(); };
  };
  const copies = (button) => {
    const code = button.parentElement.querySelector("code");
    const said = button.querySelector("[data-said]");
    button.hidden = false;
    button.addEventListener("click", async () => {
      const range = document.createRange();
      range.selectNodeContents(code);
      getSelection().removeAllRanges();
      getSelection().addRange(range);
      let done = false;
      try { await navigator.clipboard.writeText(code.textContent); done = true; } catch { try { done = document.execCommand("copy"); } catch { done = false; } }
      said.textContent = done ? "Copied" : "Selected";
      setTimeout(() => { said.textContent = "Copy"; }, 2000);
    });
  };
  // What is folded is printed too, and folded again afterwards.
  let folded = [];
  const unfold = () => { folded = [...document.querySelectorAll("details:not([open])")]; folded.forEach((one) => { one.open = true; }); };
  const fold = () => { folded.forEach((one) => { one.open = false; }); folded = []; };

  const reveal = (target) => {
    for (let place = target; place; place = place.parentElement) {
      if (place.tagName === "DETAILS") place.open = true;
      if (place.hidden && place.dataset.words) place.closest("[data-filter]").unfilter();
    }
  };
  const follow = () => {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    reveal(target);
    const explorer = explorers.get(target.closest("[data-explorer]"));
    if (explorer) {
      active = explorer;
      if (target.hasAttribute("data-step")) { explorer.show(explorer.states.indexOf(target)); explorer.element.scrollIntoView(); return; }
    }
    target.scrollIntoView();
  };
  const keys = (event) => {
    if (!active || event.ctrlKey || event.metaKey || event.altKey || event.target.closest(".scroll, input, textarea, select")) return;
    const to = { ArrowLeft: active.at - 1, ArrowRight: active.at + 1, Home: 0, End: active.states.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    active.go(to);
  };
  const start = () => {
    const toggle = document.querySelector("[data-theme-toggle]");
    const name = () => { toggle.textContent = dark() ? "Light theme" : "Dark theme"; };
    toggle.hidden = false;
    name();
    toggle.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; remember(root.dataset.theme); name(); });
    document.querySelectorAll("[data-explorer]").forEach((element) => explorers.set(element, new Explorer(element)));
    document.querySelectorAll("[data-filter]").forEach(filters);
    document.querySelectorAll("[data-copy]").forEach(copies);
    window.addEventListener("beforeprint", unfold);
    window.addEventListener("afterprint", fold);
    if (explorers.size === 1) active = [...explorers.values()][0];
    document.addEventListener("keydown", keys);
    window.addEventListener("hashchange", follow);
    document.addEventListener("click", (event) => {
      const link = event.target.closest('a[href^="#"]');
      if (link && link.getAttribute("href") === location.hash) follow();
    });
    if (location.hash) follow();
  };
  document.addEventListener("DOMContentLoaded", start);
})();
