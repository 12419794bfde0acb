// Numbers as the report prints them: scaled, with the digits that they deserve; and round ticks.
"use strict";

const quantities = (() => {
  const THIN = "\u202f"; // groups thousands and never breaks a line

  function scaled(value, multiples) {
    let chosen = multiples[0];
    for (const multiple of multiples)
      if (Math.abs(value) >= multiple[1] * 0.9995) chosen = multiple;
    return chosen; // [unit, divisor]
  }

  function grouped(text) {
    const [whole, part] = text.split(".");
    const apart = whole.replace(/\B(?=(\d{3})+$)/g, THIN).replace("-", "−");
    return part === undefined ? apart : `${apart}.${part}`;
  }

  function digits(value, significant = 3) {
    if (!Number.isFinite(value) || value === 0) return String(value);
    const places = significant - 1 - Math.floor(Math.log10(Math.abs(value)));
    if (places > 20) return value.toExponential(significant - 1);
    const rounded = places < 0 ? Math.round(value * 10 ** places) / 10 ** places : value;
    return grouped(rounded.toFixed(Math.max(places, 0)));
  }

  // "4.12 ± 0.08 ms": the half of the interval says how many places the value has.
  function printed(value, half, multiples) {
    const [unit, divisor] = scaled(value, multiples);
    const number = half ? plusMinus(value / divisor, half / divisor) : digits(value / divisor);
    return unit ? `${number}\u00a0${unit}` : number;
  }

  function plusMinus(value, half) {
    const lead = Math.floor(Math.log10(half));
    const places = Math.min(Math.max(-lead + (half / 10 ** lead < 2 ? 1 : 0), 0), 12);
    return `${grouped(value.toFixed(places))}\u00a0±\u00a0${grouped(half.toFixed(places))}`;
  }

  // Marks of an axis from low to high: {at, text}. Powers of ten, or of two for bytes, where it
  // is logarithmic; else steps of 1, 2 or 5 in the unit that suits the largest.
  function ticks(low, high, multiples, isLog, most) {
    const made = isLog && low > 0 ? powers : steps;
    return made(low, high, multiples, most);
  }

  function powers(low, high, multiples, most) {
    const base = isBinary(multiples) ? 2 : 10;
    const log = (v) => Math.log(v) / Math.log(base);
    const first = Math.floor(log(low)), last = Math.ceil(log(high));
    const step = Math.max(1, Math.ceil((last - first) / most));
    const between = base === 10 && (last - first) * 3 <= most * 1.2 ? [1, 2, 5] : [1];
    const found = [];
    for (let p = first; p <= last; p++)
      if (p % step === 0) for (const m of between) found.push(m * base ** p);
    const inside = found.filter((v) => v >= low && v <= high);
    if (inside.length < 2) return steps(low, high, multiples, most);
    return inside.map((at) => ({ at, text: round(at, multiples) }));
  }

  function steps(low, high, multiples, most) {
    const [unit, divisor] = scaled(Math.max(Math.abs(low), Math.abs(high)), multiples);
    const span = (high - low) / divisor;
    if (!(span > 0)) return [{ at: low, text: round(low, multiples) }];
    const ten = 10 ** Math.floor(Math.log10(span / most));
    const step = ten * [1, 2, 5, 10].find((m) => span / (m * ten) <= most);
    const places = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    const found = [];
    const first = Math.ceil(low / divisor / step - 1e-9);
    const last = Math.floor(high / divisor / step + 1e-9);
    for (let i = first; i <= last; i++) {
      const text = `${grouped((i * step).toFixed(places))} ${unit}`.trim();
      found.push({ at: i * step * divisor, text });
    }
    return found;
  }

  function isBinary(multiples) {
    return multiples.length > 1 && multiples[1][1] === 1024;
  }

  function round(value, multiples) {
    const [unit, divisor] = scaled(value, multiples);
    return `${grouped(String(Number((value / divisor).toPrecision(3))))} ${unit}`.trim();
  }

  return { digits, grouped, printed, scaled, ticks };
})();
