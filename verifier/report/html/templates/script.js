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

  const reveal = (target) => {
    for (let place = target; place; place = place.parentElement) if (place.tagName === "DETAILS") place.open = true;
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
