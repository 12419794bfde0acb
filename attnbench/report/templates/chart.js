// The chart of the explorer: points and lines of a view as Plotly draws them.
"use strict";

const chart = (() => {
  const MOST_PANELS = 12;
  const WIDTH = 1.6; // pixels, of a line
  const CONFIG = {
    displaylogo: false, displayModeBar: "hover", scrollZoom: false, showTips: false,
    modeBarButtons: [["zoom2d", "pan2d", "resetScale2d", "toImage"]],
    toImageButtonOptions: { format: "svg", filename: "attnbench" },
    plotlyServerURL: "", typesetMath: false, doubleClick: "reset",
  };
  const { escaped, style } = layout;

  // The words of a field that the points have, in the order of the field, with their places.
  function present(model, name, found) {
    const field = model.fields.get(name);
    const codes = [...new Set(found.map((p) => field.at[p.t]))].sort((a, b) => a - b);
    return codes.map((code) => [field.words[code], code]);
  }

  // The variable of the page's style for each word that has a colour.
  function colours(model, view, found) {
    const { colours: heads, palette } = model.data;
    return new Map(present(model, view.color, found).map(([word, code], i) =>
      [word, view.color === "head" ? heads[code] : palette[i % palette.length]]));
  }

  function panels(model, view, found) {
    if (view.facet === "none") return [{ word: "", found }];
    const { at } = model.fields.get(view.facet);
    return present(model, view.facet, found).map(([word, code]) =>
      ({ word, found: found.filter((p) => at[p.t] === code) }));
  }

  // One trace for each colour and kind of line in a panel: gaps part the lines within it.
  function traces(model, view, panel, number, inks) {
    const groups = new Map();
    for (const p of panel.found) {
      const word = points.word(model, view.color, p.t);
      const isOpen = points.word(model, "kernel", p.t) !== "eager";
      const key = `${word}\n${isOpen}`;
      if (!groups.has(key)) groups.set(key, { word, isOpen, found: [] });
      groups.get(key).found.push(p);
    }
    return [...groups.values()].map((group) =>
      trace(model, view, group, number, style(inks.get(group.word))));
  }

  // The line style tells the family, as elsewhere on the page, where a trace is of one family.
  function dash(model, view, t) {
    const lengths = model.data.dashes[model.fields.get("head").at[t]];
    const isOne = view.color === "head" || view.color === "family";
    return isOne && lengths.length ? lengths.map((length) => `${(WIDTH * length).toFixed(1)}px`).join() : "solid";
  }

  function trace(model, view, { word, isOpen, found }, number, ink) {
    const x = model.axes.get(view.x), y = model.axes.get(view.y);
    const marks = parted(model, found); // null between lines
    const of = (value, none) => marks.map((p) => (p ? value(p) : none));
    return {
      type: "scatter", mode: x.isSize ? "lines+markers" : "markers", name: escaped(word),
      x: of((p) => p.x, null), y: of((p) => p.y, null), connectgaps: false, cliponaxis: false,
      xaxis: `x${number}`, yaxis: `y${number}`, showlegend: false,
      line: { color: ink, width: WIDTH, dash: dash(model, view, found[0].t) },
      marker: {
        color: ink, size: 7, line: { width: 1.4, color: ink },
        symbol: of((p) => symbol(model, p.t, isOpen), "circle"),
      },
      error_x: errors(of((p) => x.half(p.xFrom), 0), ink),
      error_y: errors(of((p) => y.half(p.yFrom), 0), ink),
      hovertext: of((p) => hover(model, x, y, p), ""), hovertemplate: "%{hovertext}<extra></extra>",
    };
  }

  function parted(model, found) {
    const apart = (p, i) => i && model.lines[p.t] !== model.lines[found[i - 1].t];
    return found.flatMap((p, i) => (apart(p, i) ? [null, p] : [p]));
  }

  function errors(array, color) {
    return { type: "data", array, visible: array.some(Boolean), color, thickness: 1, width: 0 };
  }

  // The mark of a head, hollow where its kernel is not the published one.
  function symbol(model, t, isOpen) {
    return model.data.markers[model.fields.get("head").at[t]] + (isOpen ? "-open" : "");
  }

  // The record of a point, as lines of Plotly's own markup.
  function hover(model, x, y, p) {
    const of = (name) => escaped(points.spoken(model, name, points.word(model, name, p.t)));
    const backbone = of("backbone") === "none" ? "" : ` ${of("backbone")}`;
    return [
      `<b>${escaped(points.label(model, p.t))}</b>`,
      `${of("size")} map, batch ${of("batch")}, C = ${of("channels")}, ${of("dtype")}`,
      `${of("mode")}, ${of("part")}${backbone}, kernel ${of("kernel")}, ${of("device")}`,
      value(model, y, p.y, p.yFrom, p.t),
      value(model, x, p.x, p.xFrom, p.t),
      `trial ${escaped(model.data.keys[p.t])}`,
    ].join("<br>");
  }

  // "latency: 4.12 ± 0.08 ms (measured, 5 rounds)", and of what where another trial lent it.
  function value(model, axis, at, from, t) {
    const number = points.printed(axis, at, from);
    if (axis.isSize) return `${escaped(axis.title)}: ${number}`;
    const rounds = axis.rounds(from);
    const told = [escaped(axis.origin), rounds > 1 ? `${rounds} rounds` : ""];
    for (const name of ["mode", "batch", "dtype"]) {
      const word = points.word(model, name, from);
      if (word !== points.word(model, name, t)) told.push(`of ${name} ${escaped(word)}`);
    }
    return `${escaped(axis.title)}: ${number} (${told.filter(Boolean).join(", ")})`;
  }

  // Draws a view of those points. Gives back the colour of each word, and how many panels were
  // left out.
  function draw(box, model, view, found) {
    const inks = colours(model, view, found);
    const all = panels(model, view, found), shown = all.slice(0, MOST_PANELS);
    const seen = { ...view, present: { x: found.map((p) => p.x), y: found.map((p) => p.y) } };
    const data = shown.flatMap((panel, i) => traces(model, view, panel, i ? i + 1 : "", inks));
    Plotly.react(box, data, layout.made(model, seen, shown, box.clientWidth), CONFIG);
    if (!box.drawn) box.on("plotly_relayout", () => remark(box));
    box.drawn = { model, view: seen };
    return { inks, panelsLeftOut: all.length - shown.length };
  }

  // A zoom shows other numbers: the marks are made anew for what is seen.
  function remark(box) {
    if (box.isRemarked) return;
    box.isRemarked = true;
    const change = layout.remarked(box.drawn.model, box.drawn.view, box.layout);
    Plotly.relayout(box, change).then(() => { box.isRemarked = false; });
  }

  return { draw };
})();
