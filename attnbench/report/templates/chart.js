// The chart of the explorer: points and lines of a view as Plotly draws them, in the page's style.
"use strict";

const chart = (() => {
  const MOST_PANELS = 12;
  const WIDTH = 1.6; // pixels, of a line
  const NARROW = 560; // pixels: below it panels stand in one column, and a finger scrolls the page
  const CONFIG = {
    displaylogo: false, typesetMath: false, displayModeBar: "hover", scrollZoom: false, showTips: false,
    modeBarButtons: [["zoom2d", "pan2d", "resetScale2d", "toImage"]],
    toImageButtonOptions: { format: "svg", filename: "attnbench" }, plotlyServerURL: "", doubleClick: "reset",
  };

  // Plotly reads strings as a kind of HTML; a name of a run is text.
  function escaped(text) {
    return String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  }

  function style(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  }

  // Colour variables by word, of the words that the points have.
  function colours(model, view, found) {
    const field = model.fields.get(view.color);
    const present = [...new Set(found.map((p) => field.at[p.t]))].sort((a, b) => a - b);
    const { colours: heads, palette } = model.data;
    return new Map(present.map((code, i) => [
      field.words[code], view.color === "head" ? heads[code] : palette[i % palette.length],
    ]));
  }

  function panels(model, view, found) {
    if (view.facet === "none") return [{ word: null, found }];
    const field = model.fields.get(view.facet);
    const present = [...new Set(found.map((p) => field.at[p.t]))].sort((a, b) => a - b);
    return present.slice(0, MOST_PANELS).map((code) => ({
      word: field.words[code], found: found.filter((p) => field.at[p.t] === code),
    }));
  }

  // One trace for each colour and kind of line in a panel: gaps part the lines within it.
  function traces(model, view, panel, number, inks) {
    const x = model.axes.get(view.x), y = model.axes.get(view.y);
    const groups = new Map();
    for (const p of panel.found) {
      const word = points.word(model, view.color, p.t);
      const isOpen = points.word(model, "kernel", p.t) !== "eager";
      const key = `${word}\n${isOpen}`;
      if (!groups.has(key)) groups.set(key, { word, isOpen, found: [] });
      groups.get(key).found.push(p);
    }
    return [...groups.values()].map((group) =>
      trace(model, x, y, group, number, style(inks.get(group.word)), dash(model, view, group.found[0].t)));
  }

  // The line style tells the family, as elsewhere on the page, where a trace is of one family.
  function dash(model, view, t) {
    const lengths = model.data.dashes[model.fields.get("head").at[t]];
    const isOne = view.color === "head" || view.color === "family";
    return isOne && lengths.length ? lengths.map((length) => `${(WIDTH * length).toFixed(1)}px`).join() : "solid";
  }

  function trace(model, x, y, group, number, ink, dash) {
    const columns = { x: [], y: [], hovertext: [], symbol: [], xHalf: [], yHalf: [] };
    let line = -1;
    for (const p of group.found) {
      if (line >= 0 && line !== model.lines[p.t]) push(columns, null, null, "", "circle", 0, 0);
      line = model.lines[p.t];
      push(columns, p.x, p.y, hover(model, x, y, p), symbol(model, p.t, group.isOpen), x.half(p.xFrom), y.half(p.yFrom));
    }
    const isJoined = x.isSize;
    return {
      type: "scatter", mode: isJoined ? "lines+markers" : "markers", showlegend: false,
      name: escaped(group.word), x: columns.x, y: columns.y, connectgaps: false,
      xaxis: `x${number || ""}`, yaxis: `y${number || ""}`,
      line: { color: ink, width: WIDTH, dash },
      marker: { color: ink, size: 7, symbol: columns.symbol, line: { width: 1.4, color: ink } },
      error_x: errors(columns.xHalf, ink), error_y: errors(columns.yHalf, ink),
      hovertext: columns.hovertext, hovertemplate: "%{hovertext}<extra></extra>",
      cliponaxis: false,
    };
  }

  function push(columns, x, y, text, mark, xHalf, yHalf) {
    columns.x.push(x);
    columns.y.push(y);
    columns.hovertext.push(text);
    columns.symbol.push(mark);
    columns.xHalf.push(xHalf);
    columns.yHalf.push(yHalf);
  }

  function errors(halves, ink) {
    return { type: "data", array: halves, visible: halves.some(Boolean), color: ink, thickness: 1, width: 0 };
  }

  // The mark of a head, hollow where its kernel is not the published one.
  function symbol(model, t, isOpen) {
    return model.data.markers[model.fields.get("head").at[t]] + (isOpen ? "-open" : "");
  }

  function hover(model, x, y, p) {
    const of = (name) => escaped(points.word(model, name, p.t));
    const backbone = of("backbone") === "none" ? "" : ` ${of("backbone")}`;
    return [
      `<b>${escaped(points.label(model, p.t))}</b>`,
      `${of("size").replace("x", "×")} map, batch ${of("batch")}, C = ${of("channels")}, ${of("dtype")}`,
      `${of("mode")}, ${of("part")}${backbone}, kernel ${of("kernel")}, ${device(model, p.t)}`,
      value(model, y, p.y, p.yFrom, p.t),
      value(model, x, p.x, p.xFrom, p.t),
      `trial ${escaped(model.data.keys[p.t])}`,
    ].join("<br>");
  }

  function device(model, t) {
    const word = points.word(model, "device", t);
    return word === model.data.no_device ? "no device" : escaped(word);
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

  // Where an axis begins and ends: a little beyond its points, and their intervals.
  function range(axis, found, side, isLog) {
    let low = Infinity, high = -Infinity;
    for (const p of found) {
      const at = p[side], half = axis.half(p[`${side}From`]);
      if (isLog && !(at > 0)) continue;
      low = Math.min(low, isLog && at - half <= 0 ? at : at - half);
      high = Math.max(high, at + half);
    }
    if (!(low <= high)) return isLog ? [1, 10] : [0, 1];
    if (isLog) return low === high ? [low / 2, high * 2] : padded(low, high);
    if (low > 0 && low < 0.4 * high && !axis.name?.startsWith("accuracy")) low = 0;
    const room = (high - low || Math.abs(high) || 1) * 0.06;
    return [low === 0 ? 0 : low - room, high + room];
  }

  function padded(low, high) {
    const room = (high / low) ** 0.05;
    return [low / room, high * room];
  }

  // Sizes are marked where the run has them, as far as there is room; else at round numbers.
  function marks(model, view, name, low, high, isLog, most) {
    const axis = model.axes.get(name);
    if (!axis.isSize || !isLog) return quantities.ticks(low, high, axis.multiples, isLog, most);
    const values = [...new Set(view.present[name])].filter((v) => v >= low && v <= high).sort((a, b) => b - a);
    const least = (high / low) ** (1 / most), kept = [];
    for (const v of values) if (!kept.length || kept[kept.length - 1] / v >= least * 0.999) kept.push(v);
    return kept.reverse().map((at) => ({ at, text: sizeName(name, at) }));
  }

  function sizeName(name, value) {
    const side = Math.sqrt(value);
    if (name === "pixels" && Number.isInteger(side)) return `${side}²`;
    return quantities.grouped(String(Number(value.toPrecision(4))));
  }

  function layout(model, view, shown, width) {
    const across = width < NARROW ? 1 : Math.min(shown.length, width < 900 ? 2 : 3);
    const down = Math.ceil(shown.length / across);
    const isOne = shown.length === 1;
    const found = shown.flatMap((panel) => panel.found);
    const ends = {
      x: range(model.axes.get(view.x), found, "x", view.xscale === "log"),
      y: range(model.axes.get(view.y), found, "y", view.yscale === "log"),
    };
    const result = {
      width, height: isOne ? Math.min(520, Math.max(360, width * 0.6)) : down * (down > 1 ? 250 : 330) + 60,
      margin: { l: 74, r: 16, t: 30, b: 54 },
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", showlegend: false,
      font: { family: getComputedStyle(document.body).fontFamily, size: 13, color: style("--muted") },
      hovermode: "closest", dragmode: width < NARROW ? false : "zoom", annotations: [],
      hoverlabel: { bgcolor: style("--paper"), bordercolor: style("--muted"), align: "left",
        font: { color: style("--ink"), size: 13, family: getComputedStyle(document.body).fontFamily } },
      modebar: { bgcolor: "rgba(0,0,0,0)", color: style("--muted"), activecolor: style("--ink") },
    };
    shown.forEach((panel, i) => {
      const column = i % across, row = Math.floor(i / across), number = i ? i + 1 : "";
      const isLowest = i + across >= shown.length;
      const place = { column, row, across, down };
      result[`xaxis${number}`] = axis(model, view, "x", ends.x, place, number, isLowest, result);
      result[`yaxis${number}`] = axis(model, view, "y", ends.y, place, number, column === 0, result);
      const title = isOne ? model.axes.get(view.y).title : `${view.facet} ${panel.word}`;
      result.annotations.push(words(title, number, isOne ? "--muted" : "--ink"));
    });
    return result;
  }

  // Over the upper left corner of a panel.
  function words(text, number, ink) {
    return {
      text: escaped(text), showarrow: false, x: 0, y: 1, xref: `x${number} domain`, yref: `y${number} domain`,
      xanchor: "left", yanchor: "bottom", yshift: 4, font: { size: 13, color: style(ink) },
    };
  }

  function axis(model, view, side, [low, high], place, number, isMarked, { width, height }) {
    const isLog = view[`${side}scale`] === "log";
    const name = view[side];
    const room = side === "x" ? (width - 90) / place.across / 54 : (height - 84) / place.down / 36;
    const ticks = marks(model, view, name, low, high, isLog, Math.max(2, Math.floor(room)));
    return {
      type: isLog ? "log" : "linear", range: isLog ? [Math.log10(low), Math.log10(high)] : [low, high],
      domain: domain(side, place), anchor: `${side === "x" ? "y" : "x"}${number}`,
      ...(number ? { matches: side } : {}),
      tickvals: ticks.map((t) => t.at), ticktext: ticks.map((t) => escaped(t.text)), showticklabels: isMarked,
      gridcolor: style("--rule"), gridwidth: 1, zeroline: false, showline: side === "x", linecolor: style("--muted"),
      ticks: "", automargin: true,
      ...(side === "x" && isMarked ? { title: { text: escaped(model.axes.get(name).title), standoff: 12, font: { size: 13 } } } : {}),
    };
  }

  function domain(side, { column, row, across, down }) {
    if (side === "x") {
      const gap = across > 1 ? 0.03 : 0, width = (1 - gap * (across - 1)) / across;
      return [column * (width + gap), column * (width + gap) + width];
    }
    const gap = down > 1 ? 0.32 / down : 0, height = (1 - gap * (down - 1)) / down;
    const top = 1 - row * (height + gap);
    return [Math.max(0, top - height), top];
  }

  // Draws a view of those points; gives back the colour of each word and how many panels it left out.
  function draw(box, model, view, found) {
    const inks = colours(model, view, found);
    const shown = panels(model, view, found);
    const all = view.facet === "none" ? 1 : new Set(found.map((p) => points.word(model, view.facet, p.t))).size;
    const seen = { ...view, present: { [view.x]: found.map((p) => p.x), [view.y]: found.map((p) => p.y) } };
    const data = shown.flatMap((panel, i) => traces(model, seen, panel, i ? i + 1 : 0, inks));
    Plotly.react(box, data, layout(model, seen, shown, box.clientWidth), CONFIG);
    listen(box);
    box.attnbench = { model, view: seen };
    return { inks, panelsLeftOut: all - shown.length };
  }

  // A zoom shows other numbers: the marks are made anew for what is seen.
  function listen(box) {
    if (box.attnbench) return;
    let isOurs = false;
    box.on("plotly_relayout", () => {
      if (isOurs) return;
      const { model, view } = box.attnbench, change = {};
      for (const side of ["x", "y"]) {
        const isLog = view[`${side}scale`] === "log";
        const ends = box.layout[`${side}axis`].range.map((v) => (isLog ? 10 ** v : v));
        const ticks = marks(model, view, view[side], ...ends, isLog, side === "x" ? 8 : 9);
        for (const name of Object.keys(box.layout)) {
          if (!new RegExp(`^${side}axis\\d*$`).test(name)) continue;
          change[`${name}.tickvals`] = ticks.map((t) => t.at);
          change[`${name}.ticktext`] = ticks.map((t) => escaped(t.text));
        }
      }
      isOurs = true;
      Plotly.relayout(box, change).then(() => { isOurs = false; });
    });
  }

  return { draw, escaped };
})();
