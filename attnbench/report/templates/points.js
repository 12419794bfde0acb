// The payload of the explorer, unpacked: fields of trials, values of metrics, points of a view.
"use strict";

const points = (() => {
  const SIZES = [
    ["pixels", "pixels N of the map", (h, w) => h * w],
    ["side", "side of the map, √N", (h, w) => Math.sqrt(h * w)],
  ];
  const PLAIN = [["", 1]];
  // What is the same along a line, and in the trials that lend each other values.
  const SAME = ["head", "options", "kernel", "part", "backbone", "channels"];

  // What the data has: `fields` by name, `axes` by name, and how many trials there are.
  function unpacked(data) {
    const fields = new Map(data.fields.map((f) => [f.name, { words: f.words, at: f.at }]));
    fields.set("family", families(fields.get("head"), data.families));
    const axes = new Map();
    for (const m of data.metrics) axes.set(m.name, metric(m, data.keys.length));
    for (const [name, title, of] of SIZES) {
      const values = data.sides.map(([height, width]) => of(height, width));
      axes.set(name, size(name, title, fields.get("size").at, values));
    }
    for (const name of ["batch", "channels"])
      axes.set(name, size(name, name, fields.get(name).at, fields.get(name).words.map(Number)));
    const model = { data, fields, axes, count: data.keys.length };
    model.lines = codes(model, [...SAME, "mode", "dtype", "device", "batch"]);
    model.maps = grouped(codes(model, [...SAME, "size"]));
    return model;
  }

  function families(head, words) {
    const unique = [...new Set(words)];
    return { words: unique, at: head.at.map((h) => unique.indexOf(words[h])) };
  }

  function metric(m, trials) {
    const values = new Float64Array(trials).fill(NaN), place = new Map();
    m.trials.forEach((t, i) => {
      if (m.values[i] !== null) values[t] = m.values[i];
      place.set(t, i);
    });
    const title = m.title === m.name ? m.name : `${m.title} (${m.name})`;
    return {
      name: m.name, title, multiples: m.multiples, isSize: false, origin: m.origins.join(", "),
      value: (t) => values[t],
      half: (t) => (m.halves.length ? m.halves[place.get(t)] : null) || 0,
      rounds: (t) => (m.rounds.length > 1 ? m.rounds[place.get(t)] : m.rounds[0]),
    };
  }

  function size(name, title, at, values) {
    const value = (t) => values[at[t]];
    return { name, title, multiples: PLAIN, isSize: true, value, half: () => 0 };
  }

  // A number for each trial, the same where all of those fields are.
  function codes(model, names) {
    const known = new Map(), found = new Int32Array(model.count);
    const columns = names.map((n) => model.fields.get(n).at);
    for (let t = 0; t < model.count; t++) {
      const key = columns.map((at) => at[t]).join();
      if (!known.has(key)) known.set(key, known.size);
      found[t] = known.get(key);
    }
    return found;
  }

  function grouped(of) {
    const members = new Map();
    of.forEach((code, t) => {
      if (!members.has(code)) members.set(code, []);
      members.get(code).push(t);
    });
    return { of, members };
  }

  // The trial whose value stands for that of `t`, or -1. Counts and predictions were made on no
  // device: a trial on one borrows those of its twin. What is still missing comes from the same
  // head on the same map, rather of inference, and of the smallest batch: accuracy meets cost so.
  function source(model, axis, t) {
    if (!Number.isNaN(axis.value(t))) return t;
    const word = (name, i) => model.fields.get(name).words[model.fields.get(name).at[i]];
    if (word("device", t) === model.data.no_device) return -1;
    let best = -1, least = Infinity;
    for (const other of model.maps.members.get(model.maps.of[t])) {
      if (Number.isNaN(axis.value(other))) continue;
      const device = word("device", other);
      if (device !== model.data.no_device && device !== word("device", t)) continue;
      const apart = distance((name) => word(name, other), (name) => word(name, t));
      if (apart < least) [best, least] = [other, apart];
    }
    return best;
  }

  // Of a trial from that which borrows from it: 0 for a twin, then by type, mode, and batch.
  function distance(of, to) {
    if (["mode", "batch", "dtype"].every((name) => of(name) === to(name))) return 0;
    const steps = (of("dtype") === to("dtype") ? 0 : 2) + (of("mode") === "inference" ? 0 : 1);
    return 1 + steps * 1e9 + Number(of("batch"));
  }

  // The points of a view: {t, x, y, xFrom, yFrom}, in the order of lines and along them.
  function shown(model, view) {
    const x = model.axes.get(view.x), y = model.axes.get(view.y), found = [];
    const kept = filters(model, view.filters);
    for (let t = 0; t < model.count; t++) {
      if (!kept(t) || (Number.isNaN(x.value(t)) && Number.isNaN(y.value(t)))) continue;
      if (x.isSize && Number.isNaN(y.value(t))) continue;
      if (y.isSize && Number.isNaN(x.value(t))) continue;
      const xFrom = source(model, x, t), yFrom = source(model, y, t);
      if (xFrom < 0 || yFrom < 0) continue;
      found.push({ t, x: x.value(xFrom), y: y.value(yFrom), xFrom, yFrom });
    }
    return found.sort((a, b) => model.lines[a.t] - model.lines[b.t] || a.x - b.x);
  }

  // Trials on no device pass every choice of devices: their values are the same on each.
  function filters(model, chosen) {
    const tests = [];
    for (const [name, words] of chosen) {
      const field = model.fields.get(name);
      const passes = field.words.map(
        (word) => words.has(word) || (name === "device" && word === model.data.no_device));
      tests.push((t) => passes[field.at[t]]);
    }
    return (t) => tests.every((test) => test(t));
  }

  // At most `most` of them, whole lines as far as possible, the same ones each time: lines are
  // taken in an order that no field of a trial goes along with.
  function thinned(model, found, most) {
    if (found.length <= most) return found;
    const order = (line) => Math.imul(line + 1, 2654435761) >>> 0;
    const ranked = found.map((_, i) => i);
    ranked.sort((i, j) => order(model.lines[found[i].t]) - order(model.lines[found[j].t]) || i - j);
    return ranked.slice(0, most).sort((i, j) => i - j).map((i) => found[i]);
  }

  function word(model, name, t) {
    const field = model.fields.get(name);
    return field.words[field.at[t]];
  }

  // A word of a field as a reader sees it.
  function spoken(model, name, word) {
    if (name === "device" && word === model.data.no_device) return "no device";
    return name === "size" ? word.replace("x", "×") : word;
  }

  function label(model, t) {
    const kernel = word(model, "kernel", t);
    const parts = [word(model, "head", t), word(model, "options", t)];
    return [...parts, kernel === "eager" ? "" : kernel].filter(Boolean).join(" ");
  }

  // A size to its last digit, all else with the digits that it deserves.
  function printed(axis, value, from) {
    if (axis.isSize) return quantities.grouped(String(Number(value.toFixed(2))));
    return quantities.printed(value, axis.half(from), axis.multiples);
  }

  return { printed, unpacked, shown, thinned, word, spoken, label };
})();
