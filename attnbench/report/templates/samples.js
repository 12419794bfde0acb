// The figure of samples, drawn anew for the trial that the reader picks, as the page's own is.
"use strict";

(() => {
  const WIDTH = 460, HEIGHT = 300, LEFT = 66, TOP = 14, BOTTOM = 44, DENSITY = 74, GAP = 12;
  const FAR = 5; // an axis from below this factor to its largest is linear
  const FEW = 60; // samples: so many have room for larger marks
  const place = document.getElementById("samples-picker");
  if (!place) return;
  const { options, multiples } = JSON.parse(document.getElementById("samples-data").textContent);
  const figure = place.querySelector("figure");
  const own = figure.querySelector("svg"), caption = figure.querySelector("figcaption");
  const region = figure.querySelector(".scroll");
  const captions = [...figure.querySelectorAll(".caption, caption")];

  function svg(tag, attributes, ...children) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }

  function quantile(sorted, share) {
    const at = share * (sorted.length - 1), low = Math.floor(at);
    return sorted[low] + (at - low) * (sorted[Math.min(low + 1, sorted.length - 1)] - sorted[low]);
  }

  const ascending = (values) => [...values].sort((a, b) => a - b);

  // A function from values to heights in the figure, with the ends that it maps.
  function heights(values) {
    const low = Math.min(...values), high = Math.max(...values);
    const isLog = low > 0 && high > FAR * low;
    const room = (high - low || Math.abs(high) || 1) * 0.08;
    const [first, last] = isLog ? [low / 1.1, high * 1.1] : [low - room, high + room];
    const of = isLog ? Math.log : (v) => v;
    const inside = HEIGHT - TOP - BOTTOM;
    const y = (v) => TOP + inside * (1 - (of(v) - of(first)) / (of(last) - of(first)));
    return { y, isLog, first, last, low, high };
  }

  function drawn(option) {
    const values = option.rounds.flat(), axis = heights(values);
    const right = WIDTH - GAP - DENSITY, foot = HEIGHT - BOTTOM;
    const x = (number) => LEFT + (number - 0.5) / values.length * (right - LEFT);
    const made = svg("svg", {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `Samples of ${option.name}`,
    });
    const words = (at, y, text, anchor) =>
      svg("text", { x: at, y, "text-anchor": anchor, class: "mark" }, text);
    for (const { at, text } of quantities.ticks(axis.first, axis.last, multiples, axis.isLog, 6)) {
      made.append(svg("path", { class: "grid", d: `M${LEFT} ${axis.y(at)}H${right}` }));
      made.append(words(LEFT - 6, axis.y(at) + 4, text, "end"));
    }
    let begin = 0;
    option.rounds.forEach((round, i) => {
      const from = x(begin + 0.5), to = x(begin + round.length + 0.5);
      const band = { class: "band", x: from, y: TOP, width: to - from, height: foot - TOP };
      if (i % 2) made.append(svg("rect", band));
      const mark = { r: values.length <= FEW ? 2.5 : 1.6, style: `fill: var(${option.colour})` };
      for (const [j, value] of round.entries())
        made.append(svg("circle", { ...mark, cx: x(begin + j + 1), cy: axis.y(value) }));
      const middle = axis.y(quantile(ascending(round), 0.5));
      made.append(svg("path", { class: "median", d: `M${from} ${middle}H${to}` }));
      begin += round.length;
    });
    for (const { at, text } of quantities.ticks(1, values.length, [["", 1]], false, 5))
      if (Number.isInteger(at)) made.append(words(x(at), foot + 18, text, "middle"));
    const feet = `M${LEFT} ${foot}H${right}M${right + GAP} ${foot}H${WIDTH}`;
    made.append(svg("path", { class: "axis", d: feet }));
    made.append(words((LEFT + right) / 2, HEIGHT - 6, "sample, a round after another", "middle"));
    made.append(words(WIDTH - DENSITY / 2, HEIGHT - 6, "how many", "middle"));
    made.append(...density(values, axis, right + GAP, option.colour));
    return made;
  }

  function density(values, { y, isLog, low, high }, left, colour) {
    if (!(low < high)) return [];
    const bins = Math.round(Math.min(Math.max(Math.sqrt(values.length), 5), 40));
    const of = isLog ? Math.log : (v) => v, back = isLog ? Math.exp : (v) => v;
    const span = of(high) - of(low), edge = (i) => back(of(low) + span * i / bins);
    const counts = new Array(bins).fill(0);
    for (const v of values)
      counts[Math.min(bins - 1, Math.floor((of(v) - of(low)) / span * bins))]++;
    const most = Math.max(...counts) * 1.05;
    return counts.map((count, i) => svg("rect", {
      class: "density", style: `fill: var(${colour})`, x: left, y: y(edge(i + 1)),
      width: DENSITY * count / most, height: Math.max(y(edge(i)) - y(edge(i + 1)), 0),
    }));
  }

  function table(option) {
    const made = document.createElement("table");
    const quartiles = ["least", "lower quartile", "median", "upper quartile", "most"];
    const titles = ["round", ...quartiles, "samples"];
    const head = made.createTHead().insertRow(), body = made.createTBody();
    titles.forEach((text, i) => cell(head, "th", text, i ? "n" : "").setAttribute("scope", "col"));
    option.rounds.forEach((round, i) => {
      const sorted = ascending(round), row = body.insertRow();
      cell(row, "th", String(i + 1), "").setAttribute("scope", "row");
      for (const share of [0, 0.25, 0.5, 0.75, 1]) {
        const value = quantile(sorted, share);
        cell(row, "td", quantities.printed(value, 0, multiples), "n").dataset.sort = value;
      }
      cell(row, "td", quantities.grouped(String(round.length)), "n");
    });
    const caption = made.createCaption();
    caption.className = "unseen";
    caption.textContent = `Rounds of ${option.name}`;
    return made;
  }

  function cell(row, tag, text, name) {
    const made = document.createElement(tag);
    made.textContent = text;
    made.className = name;
    row.append(made);
    return made;
  }

  const original = [...region.childNodes];
  const words = [caption, ...captions].map((c) => c.textContent);

  // The first is the page's own figure, with all of its samples.
  function show(i) {
    const option = options[i];
    figure.querySelector("svg").replaceWith(i ? drawn(option) : own);
    const less = option.each > 1 ? `, one of every ${option.each}` : "";
    caption.textContent = i ? `Samples of ${option.name}${less}` : words[0];
    captions.forEach((c, k) => {
      c.textContent = i ? `Rounds of ${option.name}${less}` : words[k + 1];
    });
    region.replaceChildren(...(i ? [table(option)] : original));
    if (i) tables.sortable(region.firstChild);
  }

  function pick() {
    const box = document.createElement("p"), label = document.createElement("label");
    const select = document.createElement("select");
    box.className = "picker";
    options.forEach((option, i) => select.append(new Option(option.name, i)));
    select.id = "samples-trial";
    label.htmlFor = select.id;
    label.textContent = "Samples of";
    select.addEventListener("change", () => show(Number(select.value)));
    box.append(label, select);
    place.prepend(box);
  }

  if (options.length > 1) pick();
})();
