// Tables that sort by a click on a title, and long ones that can be filtered by a word.
"use strict";

const tables = (() => {
  const LEAST = 3; // rows worth sorting
  const LONG = 16; // rows worth a filter
  const NUMBER = /^[≈≤<]?\s*([+−-]?\d+(?:\.\d+)?)(?:(?:±| ± | to )[−-]?[\d.]+)?\s*[%×²]?$/;
  const NEXT = { none: "ascending", ascending: "descending", descending: "none" };

  function sortable(table) {
    const body = table.tBodies[0], head = table.tHead;
    if (!body || !head || body.rows.length < LEAST) return;
    const original = [...body.rows];
    const titles = [...head.rows[0].cells];
    titles.forEach((title, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "sort";
      button.append(...title.childNodes);
      title.append(button);
      title.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const order = NEXT[title.getAttribute("aria-sort")];
        for (const other of titles) other.setAttribute("aria-sort", "none");
        title.setAttribute("aria-sort", order);
        body.append(...(order === "none" ? original : ordered(original, column, order)));
      });
    });
    if (original.length >= LONG) addFilter(table, original);
  }

  // Missing values stay last whichever way the others are turned.
  function ordered(rows, column, order) {
    const values = rows.map((row) => value(row.cells[column]));
    const known = values.filter((v) => v !== null);
    const asNumbers = known.every((v) => typeof v === "number");
    const turn = order === "ascending" ? 1 : -1;
    const compare = asNumbers
      ? (a, b) => a - b
      : (a, b) => String(a).localeCompare(String(b), "en", { numeric: true });
    const places = rows.map((_, i) => i);
    places.sort((i, j) => {
      const a = values[i], b = values[j];
      if (a === null || b === null) return (a === null) - (b === null) || i - j;
      return turn * compare(a, b) || i - j;
    });
    return places.map((i) => rows[i]);
  }

  // A number where the cell tells one, in base units; null where there is nothing.
  function value(cell) {
    if (!cell || cell.classList.contains("missing")) return null;
    const told = cell.dataset.sort;
    if (told !== undefined) return Number(told.replace("inf", "Infinity"));
    if (cell.classList.contains("failed")) return null;
    const text = main(cell);
    if (text === "" || text === "–") return null;
    return cell.classList.contains("n") ? leading(text) : text;
  }

  // What stands first in a cell, without the smaller lines below it.
  function main(cell) {
    const parts = [...cell.childNodes].filter((n) => !n.matches?.("small, .unseen"));
    return parts.map((n) => n.textContent).join("").trim();
  }

  // Of "≈1 024 ± 3", "12 %" and "1.01 to 1.02" the first number; with a unit behind it, which
  // may be another one in the next row, a cell keeps its text.
  function leading(text) {
    const plain = text.replace(/[\u202f\u00a0]/g, "");
    const found = plain.match(NUMBER);
    return found ? Number(found[1].replace("−", "-")) : text;
  }

  function addFilter(table, rows) {
    const box = document.createElement("p");
    const label = document.createElement("label");
    const field = document.createElement("input");
    const count = document.createElement("span");
    box.className = "filter-rows";
    label.append("Rows with ", field);
    field.type = "search";
    field.setAttribute("aria-label", `Rows of this table with the words: ${name(table)}`);
    count.setAttribute("role", "status");
    box.append(label, count);
    (table.closest(".scroll") || table).before(box);
    field.addEventListener("input", () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        row.hidden = !words.every((word) => text.includes(word));
        shown += row.hidden ? 0 : 1;
      }
      count.textContent = words.length ? `${shown} of ${rows.length} rows` : "";
    });
  }

  function name(table) {
    return table.caption ? table.caption.textContent : "table";
  }

  for (const table of document.querySelectorAll("main table")) sortable(table);
  return { sortable };
})();
