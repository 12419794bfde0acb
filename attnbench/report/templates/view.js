// What the explorer shows, and the same as an address: "#explore?x=pixels&y=latency&head=ema".
// An address may come from anybody: what it names and the run does not have is passed over.
"use strict";

const view = (() => {
  const START = "#explore?";
  const COLOURS = ["head", "family", "kernel", "dtype", "mode", "device", "batch", "channels"];
  const WHERE = ["device", "part", "backbone", "batch", "channels", "size"];
  const FILTERS = ["head", "kernel", "mode", "dtype", ...WHERE];
  const SCALES = ["log", "linear"];

  // What a reader may choose, of what this run has more than one of.
  function choices(model) {
    const several = (name) => words(model, name).length > 1;
    const axes = [...model.axes.keys()];
    return {
      x: axes, y: axes, xscale: SCALES, yscale: SCALES,
      color: ["head", ...COLOURS.filter((name) => name !== "head" && several(name))],
      facet: ["none", ...COLOURS.filter(several)],
      filters: FILTERS.filter(several),
    };
  }

  // No device is no choice: what was made on none is always shown.
  function words(model, name) {
    const found = model.fields.get(name).words;
    return name === "device" ? found.filter((word) => word !== model.data.no_device) : found;
  }

  function initial(model) {
    const first = model.data.view;
    const state = { x: first.x, y: first.y, color: "head", facet: "none", filters: new Map() };
    state.xscale = usual(model, state.x);
    state.yscale = usual(model, state.y);
    const possible = choices(model).filters;
    for (const [name, kept] of Object.entries(first.filters))
      if (possible.includes(name)) keep(model, state, name, new Set(kept));
    return state;
  }

  // A share is read on a linear axis, all else grows over powers.
  function usual(model, name) {
    return name.startsWith("accuracy") ? "linear" : "log";
  }

  // A filter that keeps every word is none.
  function keep(model, state, name, kept) {
    const all = words(model, name);
    const known = new Set(all.filter((word) => kept.has(word)));
    if (known.size === all.length) state.filters.delete(name);
    else state.filters.set(name, known);
  }

  function address(state) {
    const parts = ["x", "y", "color", "facet", "xscale", "yscale"].map(
      (name) => `${name}=${encodeURIComponent(state[name])}`);
    for (const [name, kept] of state.filters)
      parts.push(`${name}=${[...kept].map(encodeURIComponent).join(",")}`);
    return START + parts.join("&");
  }

  // The view that an address names, or null where it is of something else on the page.
  function read(model, hash) {
    if (!hash.startsWith(START)) return hash === "" || hash === "#" ? initial(model) : null;
    const told = pairs(hash.slice(START.length));
    const possible = choices(model), state = initial(model);
    state.filters = new Map();
    for (const name of ["x", "y", "color", "facet"])
      if (possible[name].includes(told.get(name))) state[name] = told.get(name);
    for (const [axis, scale] of [["x", "xscale"], ["y", "yscale"]])
      state[scale] = SCALES.includes(told.get(scale)) ? told.get(scale) : usual(model, state[axis]);
    for (const name of possible.filters) {
      if (!told.has(name)) continue;
      const wanted = told.get(name).split(",").map(decoded);
      const known = new Set(words(model, name).filter((word) => wanted.includes(word)));
      if (known.size || told.get(name) === "") keep(model, state, name, known);
    }
    return state;
  }

  function pairs(text) {
    const found = new Map();
    for (const part of text.split("&")) {
      const [name, value = ""] = part.split(/=(.*)/s);
      // Words of a filter are decoded one by one, after their commas have been looked for.
      found.set(name, FILTERS.includes(name) ? value : decoded(value));
    }
    return found;
  }

  function decoded(text) {
    try {
      return decodeURIComponent(text);
    } catch {
      return ""; // half an escape
    }
  }

  return { choices, words, initial, usual, keep, address, read };
})();
