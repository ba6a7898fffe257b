(() => {
  document.addEventListener("DOMContentLoaded", () => {
    const source = document.getElementById("graph");
    if (!source) return;
    const graph = JSON.parse(source.textContent);
    const page = document.querySelector("[data-walk]");
    const part = (name) => page.querySelector(`[data-${name}]`);
    const violated = new Map(graph.violated);
    const outside = new Map(graph.outside);
    const broken = new Map(graph.broken.map(([state, instance, names]) => [`${state} ${instance}`, names]));
    // The walk: its initial state, then the instance of each step with the state that it led to.
    let walk = [[null, graph.starts[0]]];

    const element = (name, text, kind) => {
      const made = document.createElement(name);
      if (text !== undefined) made.textContent = text;
      if (kind) made.className = kind;
      return made;
    };
    const here = () => walk[walk.length - 1][1];
    const names = (list) => `${list.join(", ")} ${list.length > 1 ? "are" : "is"} violated`;
    const leading = (state, instance) => (graph.steps[state].find(([one]) => one === instance) || [null, null])[1];

    const readHash = () => {
      const numbers = location.hash.slice(1).split(".").filter((word) => /^[0-9]+$/.test(word)).map(Number);
      if (!numbers.length || !graph.starts.includes(numbers[0])) return;
      walk = [[null, numbers[0]]];
      for (const instance of numbers.slice(1)) {
        const target = leading(here(), instance);
        if (target === null || target < 0) break;
        walk.push([instance, target]);
      }
    };
    const show = () => {
      history.replaceState(null, "", `#${walk.map(([instance, state]) => instance === null ? state : instance).join(".")}`);
      draw();
    };
    const step = (instance, target) => { walk.push([instance, target]); show(); };

    // The shortest way to a state, from whichever initial state is nearest.
    const way = (end) => {
      const came = new Map(graph.starts.map((state) => [state, null]));
      const queue = [...graph.starts];
      for (let at = 0; at < queue.length && !came.has(end); at += 1) {
        for (const [instance, target] of graph.steps[queue[at]]) {
          if (target >= 0 && !came.has(target)) { came.set(target, [queue[at], instance]); queue.push(target); }
        }
      }
      const found = [];
      for (let state = end; ; ) {
        const before = came.get(state);
        found.unshift([before ? before[1] : null, state]);
        if (!before) return found;
        state = before[0];
      }
    };

    const drawState = () => {
      const state = here();
      const before = walk.length > 1 ? walk[walk.length - 2][1] : null;
      part("state").replaceChildren(...graph.variables.map((name, place) => {
        const changed = before !== null && graph.states[before][place] !== graph.states[state][place];
        const row = element("tr", undefined, changed ? "changed" : "");
        const head = element("th", name);
        head.scope = "row";
        if (changed) head.append(element("span", " (changed)", "hidden"));
        row.append(head, element("td", graph.texts[graph.states[state][place]]));
        return row;
      }));
      const marks = violated.has(state) ? [element("p", names(violated.get(state)), "marks")] : [];
      const last = walk.length > 1 ? broken.get(`${before} ${walk[walk.length - 1][0]}`) : undefined;
      if (last) marks.push(element("p", `by the last step ${names(last)}`, "marks"));
      if (outside.has(state)) marks.push(element("p", `outside of ${outside.get(state)}: nothing is done here`, "marks"));
      part("marks").replaceChildren(...marks);
    };
    const drawChoices = () => {
      const state = here();
      const can = graph.steps[state].map(([instance, target]) => {
        const wrong = [...(broken.get(`${state} ${instance}`) || []), ...(target >= 0 ? violated.get(target) || [] : [])];
        const item = element("li", undefined, wrong.length || target === -1 ? "bad" : "");
        const button = element("button", graph.instances[instance]);
        button.type = "button";
        const notes = [];
        if (target === -1) notes.push("leaves its range");
        if (target === -2) notes.push("leads to a state that is not in this page");
        if (target === state) notes.push("changes nothing");
        if (wrong.length) notes.push(names([...new Set(wrong)]));
        if (notes.length) button.append(element("span", notes.join("; "), "note"));
        if (target < 0) button.disabled = true; else button.addEventListener("click", () => step(instance, target));
        item.append(button);
        return item;
      });
      part("can").replaceChildren(...(can.length ? can : [element("li", "nothing", "dim")]));
      part("count").textContent = graph.stopped[state].length;
      part("cannot").replaceChildren(...graph.stopped[state].map(([instance, reason]) => {
        const item = element("li");
        const lines = element("ul", undefined, "lines");
        lines.append(...graph.reasons[reason].map((line) => element("li", line)));
        item.append(element("span", graph.instances[instance], "action"), lines);
        return item;
      }));
    };
    const drawPath = () => {
      part("path").replaceChildren(...walk.map(([instance, state], place) => {
        const item = element("li", undefined, violated.has(state) ? "bad" : "");
        const button = element("button", `${place}  ${instance === null ? "init" : graph.instances[instance]}`);
        button.type = "button";
        if (place === walk.length - 1) button.setAttribute("aria-current", "step");
        button.addEventListener("click", () => { walk = walk.slice(0, place + 1); show(); });
        item.append(button);
        return item;
      }));
    };
    const draw = () => {
      drawState();
      drawChoices();
      drawPath();
      part("undo").disabled = walk.length === 1;
      part("at").textContent = `${walk.length - 1} step${walk.length === 2 ? "" : "s"}, state ${here() + 1} of ${graph.states.length}`;
      part("start").value = String(walk[0][1]);
    };

    const undo = () => { if (walk.length > 1) { walk.pop(); show(); } };
    part("undo").addEventListener("click", undo);
    part("again").addEventListener("click", () => { walk = walk.slice(0, 1); show(); });
    page.addEventListener("keydown", (event) => { if (event.key === "Backspace") { event.preventDefault(); undo(); } });
    const option = (value, text) => { const made = element("option", text); made.value = String(value); return made; };
    if (graph.starts.length > 1) {
      part("starts").hidden = false;
      part("start").append(...graph.starts.map((state, place) => option(state, `${place + 1}`)));
      part("start").addEventListener("change", () => { walk = [[null, Number(part("start").value)]]; show(); });
    }
    const bad = [
      ...graph.violated.map(([state, list]) => [state, null, list]),
      ...graph.broken.map(([state, instance, list]) => [state, instance, list]),
    ];
    if (bad.length) {
      part("bad").hidden = false;
      part("violation").append(option("", "choose"), ...bad.map(([, , list], place) => option(place, list.join(", "))));
      part("violation").addEventListener("change", () => {
        const chosen = bad[Number(part("violation").value)];
        if (part("violation").value === "" || !chosen) return;
        const [state, instance] = chosen;
        walk = way(state);
        const target = instance === null ? null : leading(state, instance);
        if (target !== null && target >= 0) walk.push([instance, target]);
        part("violation").value = "";
        show();
      });
    }
    addEventListener("hashchange", () => { readHash(); draw(); });
    readHash();
    page.hidden = false;
    draw();
  });
})();
