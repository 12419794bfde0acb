// Axes, panels and marks of the explorer's chart, in the style of the page.
"use strict";

const layout = (() => {
  const NARROW = 560; // pixels: below it panels stand in one column, and a finger scrolls the page
  const LETTER = 7; // pixels across, about
  const SIZE = 13;

  // Plotly reads strings as a kind of HTML; a name of a run is text.
  function escaped(text) {
    return String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  }

  // The value that a variable of the page's style has now, light or dark.
  function style(name) {
    return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
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
    return isLog ? logRange(low, high) : linearRange(axis, low, high);
  }

  function logRange(low, high) {
    if (low === high) return [low / 2, high * 2];
    const room = (high / low) ** 0.05;
    return [low / room, high * room];
  }

  // From zero, where that is not far; a share is looked at closely.
  function linearRange(axis, low, high) {
    const room = (high - low || Math.abs(high) || 1) * 0.06;
    const isNearZero = low >= 0 && low < 0.4 * high && !axis.name.startsWith("accuracy");
    return [isNearZero ? 0 : low - room, high + room];
  }

  // Sizes are marked where the run has them, as far as there is room; else at round numbers.
  function marks(model, view, side, [low, high], most) {
    const name = view[side], axis = model.axes.get(name), isLog = view[`${side}scale`] === "log";
    if (!axis.isSize || !isLog) return quantities.ticks(low, high, axis.multiples, isLog, most);
    const inside = [...new Set(view.present[side])].filter((v) => v >= low && v <= high);
    const least = (high / low) ** (1 / most) * 0.999, kept = [];
    for (const v of inside.sort((a, b) => b - a))
      if (!kept.length || kept[kept.length - 1] / v >= least) kept.push(v);
    return kept.reverse().map((at) => ({ at, text: sizeName(name, at) }));
  }

  function sizeName(name, value) {
    const side = Math.sqrt(value);
    if (name === "pixels" && Number.isInteger(side)) return `${side}²`;
    return quantities.grouped(String(Number(value.toPrecision(4))));
  }

  // Of those panels, in a box of that width.
  function made(model, view, panels, width) {
    const isOne = panels.length === 1;
    const across = width < NARROW ? 1 : Math.min(panels.length, width < 900 ? 2 : 3);
    const down = Math.ceil(panels.length / across);
    const one = Math.min(520, Math.max(360, width * 0.6));
    const height = isOne ? one : down * (down > 1 ? 250 : 330) + 60;
    const found = panels.flatMap((panel) => panel.found);
    const ends = Object.fromEntries(["x", "y"].map((side) =>
      [side, range(model.axes.get(view[side]), found, side, view[`${side}scale`] === "log")]));
    const result = { ...bare(), width, height, annotations: [] };
    result.dragmode = width < NARROW ? false : "zoom";
    panels.forEach((panel, i) => {
      const number = i ? i + 1 : "";
      const cell = { column: i % across, row: Math.floor(i / across) };
      const place = { ...cell, across, down, width, height };
      const isMarked = { x: i + across >= panels.length, y: cell.column === 0 };
      for (const side of ["x", "y"])
        result[`${side}axis${number}`] =
          axis(model, view, side, ends, place, number, isMarked[side]);
      result.annotations.push(isOne
        ? titled(model.axes.get(view.y).title, number, "--muted")
        : titled(cut(panelName(model, view, panel), width / across), number, "--ink"));
    });
    return result;
  }

  // Nothing but the page's font and colours.
  function bare() {
    const family = getComputedStyle(document.body).fontFamily;
    const nothing = "rgba(0,0,0,0)";
    return {
      margin: { l: 74, r: 16, t: 30, b: 54 }, showlegend: false, hovermode: "closest",
      paper_bgcolor: nothing, plot_bgcolor: nothing,
      font: { family, size: SIZE, color: style("--muted") },
      hoverlabel: {
        bgcolor: style("--paper"), bordercolor: style("--muted"), align: "left",
        font: { family, size: SIZE, color: style("--ink") },
      },
      modebar: { bgcolor: nothing, color: style("--muted"), activecolor: style("--ink") },
    };
  }

  function panelName(model, view, panel) {
    return `${view.facet} ${points.spoken(model, view.facet, panel.word)}`;
  }

  // As much of a text as there is room for.
  function cut(text, width) {
    const most = Math.floor((width - 40) / LETTER);
    return text.length > most ? `${text.slice(0, most - 1)}…` : text;
  }

  // Over the upper left corner of a panel.
  function titled(text, number, ink) {
    return {
      text: escaped(text), showarrow: false, font: { size: SIZE, color: style(ink) },
      x: 0, xref: `x${number} domain`, xanchor: "left",
      y: 1, yref: `y${number} domain`, yanchor: "bottom", yshift: 4,
    };
  }

  function axis(model, view, side, ends, place, number, isMarked) {
    const isLog = view[`${side}scale`] === "log", [low, high] = ends[side];
    const room = side === "x"
      ? (place.width - 90) / place.across / (model.axes.get(view.x).isSize ? 54 : 80)
      : (place.height - 84) / place.down / 36;
    const ticks = marks(model, view, side, ends[side], Math.max(2, Math.floor(room)));
    const text = escaped(model.axes.get(view[side]).title);
    const isTitled = side === "x" && isMarked;
    return {
      type: isLog ? "log" : "linear",
      range: isLog ? [Math.log10(low), Math.log10(high)] : [low, high],
      domain: domain(side, place), anchor: `${side === "x" ? "y" : "x"}${number}`,
      ...(number ? { matches: side } : {}),
      ...ticked(ticks), tickangle: 0, ticks: "", showticklabels: isMarked, automargin: true,
      gridcolor: style("--rule"), gridwidth: 1, zeroline: false,
      showline: side === "x", linecolor: style("--muted"),
      title: isTitled ? { text, standoff: 12, font: { size: SIZE } } : { text: "" },
    };
  }

  function ticked(ticks) {
    return { tickvals: ticks.map((t) => t.at), ticktext: ticks.map((t) => escaped(t.text)) };
  }

  // What of the box a panel takes: [begin, end], from 0 to 1.
  function domain(side, { column, row, across, down }) {
    const [place, count] = side === "x" ? [column, across] : [down - 1 - row, down];
    const gap = count === 1 ? 0 : side === "x" ? 0.03 : 0.32 / down;
    const each = (1 - gap * (count - 1)) / count;
    return [place * (each + gap), Math.min(1, place * (each + gap) + each)];
  }

  // Of a chart that was zoomed: marks for what is seen now.
  function remarked(model, view, shown) {
    const change = {};
    for (const side of ["x", "y"]) {
      const isLog = view[`${side}scale`] === "log";
      const ends = shown[`${side}axis`].range.map((v) => (isLog ? 10 ** v : v));
      const { tickvals, ticktext } = ticked(marks(model, view, side, ends, 8));
      for (const name of Object.keys(shown).filter((n) => n.startsWith(`${side}axis`))) {
        change[`${name}.tickvals`] = tickvals;
        change[`${name}.ticktext`] = ticktext;
      }
    }
    return change;
  }

  return { escaped, style, made, remarked };
})();
