"use strict";
// Sorts and filters the table of verdicts. Without it the table stands as it is, the worst first.
(() => {
  const table = document.getElementById("verdicts");
  const form = document.getElementById("filters");
  const body = table.tBodies[0];
  const rows = Array.from(body.rows);
  const headings = Array.from(table.tHead.rows[0].cells);
  const ON_PAPER = 60;

  const key = (row, column) => {
    const cell = row.cells[column];
    const text = "value" in cell.dataset ? cell.dataset.value : cell.textContent.trim();
    return text === "" || text === "–" ? null : isNaN(text) ? text : Number(text);
  };
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), undefined, { numeric: true });

  const markPaper = () => {
    let shown = 0;
    for (const row of body.rows) {
      if (!row.hidden) shown += 1;
      row.classList.toggle("rest", shown > ON_PAPER);
    }
    return shown;
  };

  const sort = (column) => {
    const heading = headings[column];
    const sign = heading.getAttribute("aria-sort") === "ascending" ? -1 : 1;
    headings.forEach((each) => each.removeAttribute("aria-sort"));
    heading.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
    const keys = new Map(rows.map((row) => [row, key(row, column)]));
    rows.sort((a, b) => {
      const [x, y] = [keys.get(a), keys.get(b)];
      if (x === null || y === null) return (x === null) - (y === null); // gaps last, either way
      return sign * compare(x, y);
    });
    body.append(...rows);
    markPaper();
  };

  const filter = () => {
    const [set, verdict, name] = ["set", "verdict", "name"].map((field) => form.elements[field].value);
    const part = name.trim().toLowerCase();
    for (const row of rows) {
      row.hidden =
        (set !== "" && row.cells[2].textContent !== set) ||
        (verdict !== "" && ![row.dataset.verdict, row.dataset.outcome, row.dataset.warning].includes(verdict)) ||
        (part !== "" && !row.cells[1].textContent.toLowerCase().includes(part));
    }
    document.getElementById("count").textContent = `${markPaper()} of ${rows.length} images`;
  };

  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    button.addEventListener("click", () => sort(column));
    heading.append(button);
  });
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  filter();
})();
