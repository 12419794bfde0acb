// The explorer: choices, the chart and the table that follow them, the address that keeps them.
"use strict";

(() => {
  const MOST_POINTS = 5000, MOST_ROWS = 200;
  const KINDS = { // what a colour stands for: one, several
    head: ["head", "heads"], family: ["family", "families"], kernel: ["kernel", "kernels"],
    dtype: ["type", "types"], mode: ["mode", "modes"], device: ["device", "devices"],
    batch: ["batch size", "batch sizes"], channels: ["number of channels", "numbers of channels"],
  };
  const place = document.getElementById("explorer");
  if (!place) return;
  const model = points.unpacked(JSON.parse(document.getElementById("explorer-data").textContent));
  const possible = view.choices(model);
  let state = view.read(model, location.hash) || view.initial(model);
  const controls = new Map(); // name of a choice -> how to show its state
  const box = node("div", { class: "chart" });
  const legend = node("ul", { class: "legend" });
  const status = node("p", { role: "status", class: "note" });
  const copied = node("span", { role: "status", class: "note" });
  const table = node("details", { class: "shown" }, node("summary", {}, "Table of the points"));
  const title = node("figcaption", {});
  const key = node("p", { class: "note" });
  let shown = [];

  function node(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  function pick(name, text, values) {
    const select = node("select", { id: `explorer-${name}` });
    for (const value of values) select.append(node("option", { value }, spoken(name, value)));
    select.addEventListener("change", () => {
      state[name] = select.value;
      const scale = `${name}scale`;
      if (scale in state) state[scale] = view.usual(model, select.value);
      changed();
    });
    controls.set(name, () => { select.value = state[name]; });
    return node("p", { class: `of-${name}` }, node("label", { for: select.id }, text), select);
  }

  function spoken(name, value) {
    return name === "x" || name === "y" ? model.axes.get(value).title : value;
  }

  function filter(name) {
    const words = view.words(model, name);
    const summary = node("small", {});
    const boxes = words.map((word) => {
      const input = node("input", { type: "checkbox" });
      input.addEventListener("change", () => {
        view.keep(model, state, name, new Set(words.filter((_, i) => boxes[i].input.checked)));
        changed();
      });
      return { input, label: node("label", {}, input, points.spoken(model, name, word)) };
    });
    controls.set(name, () => {
      const kept = state.filters.get(name);
      boxes.forEach(({ input }, i) => { input.checked = !kept || kept.has(words[i]); });
      summary.textContent = !kept ? "all"
        : kept.size === 1 ? points.spoken(model, name, [...kept][0])
        : `${kept.size} of ${words.length}`;
    });
    const set = node("fieldset", {}, node("legend", { class: "unseen" }, `Points of ${name}`),
      node("p", {}, all("all", name, words), " ", all("none", name, [])),
      ...boxes.map((b) => b.label));
    return node("details", { class: "filter" }, node("summary", {}, `${name} `, summary), set);
  }

  function all(text, name, words) {
    const button = node("button", { type: "button", "aria-label": `${name}: ${text}` }, text);
    button.addEventListener("click", () => {
      view.keep(model, state, name, new Set(words));
      changed();
    });
    return button;
  }

  function buttons() {
    const copy = node("button", { type: "button" }, "Copy link to this view");
    const reset = node("button", { type: "button" }, "Reset");
    const field = node("input", { readonly: "", "aria-label": "Link to this view", hidden: "" });
    copy.addEventListener("click", async () => {
      const link = location.href.split("#")[0] + view.address(state);
      try {
        await navigator.clipboard.writeText(link);
        copied.textContent = "Copied.";
      } catch { // not allowed here: the reader copies it
        field.value = link;
        field.hidden = false;
        field.select();
        copied.textContent = "The link is in the field.";
      }
    });
    reset.addEventListener("click", () => {
      state = view.initial(model);
      changed();
    });
    return node("p", { class: "buttons" }, copy, reset, field, copied);
  }

  function choose() {
    const axes = node("fieldset", { class: "choices" }, node("legend", {}, "Chart"),
      pick("x", "x axis", possible.x), pick("xscale", "x scale", possible.xscale),
      pick("y", "y axis", possible.y), pick("yscale", "y scale", possible.yscale),
      pick("color", "Colour", possible.color), pick("facet", "Panels", possible.facet));
    const filters = node("fieldset", { class: "filters" }, node("legend", {}, "Points of"),
      ...possible.filters.map(filter));
    return possible.filters.length ? [axes, filters] : [axes];
  }

  // A choice of the reader: it goes into the address, and so into the history.
  function changed() {
    copied.textContent = "";
    location.hash = view.address(state);
    draw();
  }

  function draw() {
    for (const show of controls.values()) show();
    shown = points.shown(model, state);
    const drawn = points.thinned(model, shown, MOST_POINTS);
    const { inks, panelsLeftOut } = chart.draw(box, model, state, drawn);
    title.textContent = `${model.axes.get(state.y).title} over ${model.axes.get(state.x).title}`;
    const told = `Chart: ${title.textContent}. Its points are in the table below.`;
    box.setAttribute("aria-label", told);
    legend.replaceChildren(...[...inks].map(([word, ink]) =>
      node("li", {}, swatch(word, ink), points.spoken(model, state.color, word))));
    key.textContent = marks(drawn);
    status.textContent = summary(drawn.length, inks.size, panelsLeftOut);
    if (table.open) fill();
  }

  // A head is drawn as in the tables of the page.
  function swatch(word, ink) {
    if (state.color !== "head") return node("span", { class: "swatch", style: `--c: var(${ink})` });
    const place = model.fields.get("head").words.indexOf(word);
    const [svg, use] = ["svg", "use"].map((tag) => document.createElementNS("http://www.w3.org/2000/svg", tag));
    svg.setAttribute("class", "swatch");
    use.setAttribute("href", `#${model.data.looks[place]}`);
    svg.append(use);
    return svg;
  }

  // What lines and marks mean, where not all are alike.
  function marks(drawn) {
    const all = new Set(drawn.map((p) => points.word(model, "kernel", p.t)));
    const kernels = [...all].filter((kernel) => kernel !== "eager");
    return kernels.length ? `Hollow: kernel ${kernels.join(" or ")}.` : "";
  }

  function summary(drawn, colours, panelsLeftOut) {
    const count = (n) => quantities.grouped(String(n));
    if (!shown.length) return "No point is shown: no trial has both, or the filters keep none.";
    const first = drawn < shown.length
      ? `${count(drawn)} of ${count(shown.length)} points are drawn; filter to see the rest.`
      : `${count(drawn)} ${drawn === 1 ? "point is" : "points are"} shown, of ${colours} ` +
        `${KINDS[state.color][colours === 1 ? 0 : 1]}.`;
    if (!panelsLeftOut) return first;
    return `${first} ${panelsLeftOut} panels are left out; filter to see them.`;
  }

  function fill() {
    const x = model.axes.get(state.x), y = model.axes.get(state.y);
    const titles = ["head", "size", "setting", x.title, y.title, "rounds", "trial"];
    const numbers = new Set([x.title, y.title, "rounds"]);
    const head = node("tr", {}, ...titles.map((text) =>
      node("th", numbers.has(text) ? { scope: "col", class: "n" } : { scope: "col" }, text)));
    const rows = shown.slice(0, MOST_ROWS).map((p) => row(p, x, y));
    const count = quantities.grouped(String(shown.length));
    const told = `The first ${MOST_ROWS} of ${count} points; filter to see others.`;
    const more = shown.length > MOST_ROWS ? [node("p", { class: "note" }, told)] : [];
    const name = "Points of the chart";
    const made = node("table", { class: "heads" }, node("caption", { class: "unseen" }, name),
      node("thead", {}, head), node("tbody", {}, ...rows));
    const region = node("div",
      { class: "scroll", role: "region", tabindex: "0", "aria-label": name }, made);
    table.replaceChildren(table.firstChild, ...more, region);
    tables.sortable(made);
  }

  function row(p, x, y) {
    const of = (name) => points.spoken(model, name, points.word(model, name, p.t));
    const shape = `batch ${of("batch")}, C = ${of("channels")}, ${of("dtype")}`;
    const setting = `${of("mode")}, ${of("part")}, ${shape}, ${of("device")}`;
    const cell = (axis, value, from) => node("td", { class: "n", "data-sort": value },
      points.printed(axis, value, from));
    const rounds = [y, x].filter((axis) => !axis.isSize)[0];
    const from = rounds === y ? p.yFrom : p.xFrom;
    return node("tr", {},
      node("th", { scope: "row" }, points.label(model, p.t)), node("td", {}, of("size")),
      node("td", { class: "t" }, setting), cell(x, p.x, p.xFrom), cell(y, p.y, p.yFrom),
      node("td", { class: "n" }, rounds ? String(rounds.rounds(from)) : "–"),
      node("td", {}, node("code", {}, model.data.keys[p.t])));
  }

  function follow() {
    addEventListener("hashchange", () => {
      const found = view.read(model, location.hash);
      if (!found || view.address(found) === view.address(state)) return;
      state = found;
      draw();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
    let width = box.clientWidth;
    new ResizeObserver(() => {
      if (box.clientWidth === width || !box.clientWidth) return;
      width = box.clientWidth;
      requestAnimationFrame(draw);
    }).observe(box);
    table.addEventListener("toggle", () => { if (table.open) fill(); });
  }

  const figure = node("figure", { class: "wide" }, title, legend, box, key);
  place.append(...choose(), buttons(), status, figure, table);
  place.hidden = false;
  box.setAttribute("role", "group");
  draw();
  follow();
  if (location.hash.startsWith("#explore?")) document.getElementById("explore").scrollIntoView();
})();
