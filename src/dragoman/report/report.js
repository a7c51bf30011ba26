"use strict";
(() => {
  const stored = (id) => JSON.parse(document.getElementById(id).textContent);
  const names = stored("names");
  const texts = stored("texts");
  const columns = ["status", "kind", "item", "tokens", "score", "probability", "gain", "reason"];
  const contexts = new WeakMap();

  // Text only ever enters the page through textContent, so nothing in a document can become markup.
  const make = (name, text, className) => {
    const node = document.createElement(name);
    if (text !== undefined && text !== null) node.textContent = text;
    if (className) node.className = className;
    return node;
  };

  // A row holds numbers of texts, then values; see page_context in data.py.
  const candidate = (row) => {
    const item = {};
    names.texts.forEach((name, index) => { item[name] = texts[row[index]]; });
    names.values.forEach((name, index) => { item[name] = row[names.texts.length + index]; });
    item.score = item.features[0];
    return item;
  };

  const candidatesOf = (page) => {
    if (!contexts.has(page)) {
      const rows = JSON.parse(page.querySelector("script.context").textContent);
      contexts.set(page, rows.map(candidate));
    }
    return contexts.get(page);
  };

  const shown = (value) => (value === null ? "–" : String(value));

  const itemCell = (item) => {
    const cell = make("td", item.text);
    const more = make("details");
    more.append(make("summary", "features"));
    const facts = names.features.map((name, index) => `${name} ${item.features[index]}`).join(", ");
    const place = item.lines.length ? `lines ${item.lines.join(", ")}` : "all lines";
    more.append(make("p", `${item.from} · ${place} · ${facts}`, "quiet"));
    cell.append(more);
    return cell;
  };

  const itemRow = (item) => {
    const style = { chosen: "chosen", "dropped by budget": "dropped" }[item.state] || "";
    const row = make("tr", null, style);
    row.append(make("td", item.state, "state"), make("td", item.kind), itemCell(item));
    for (const value of [item.tokens, item.score, item.probability, item.gain]) row.append(make("td", shown(value), "num"));
    row.append(make("td", [item.why, item.found].filter(Boolean).join("; ")));
    return row;
  };

  const table = (items) => {
    const whole = make("table", null, "items");
    const head = make("tr");
    for (const name of columns) {
      const cell = make("th", name);
      cell.scope = "col";
      head.append(cell);
    }
    const top = make("thead");
    top.append(head);
    const body = make("tbody");
    const order = { chosen: 0, "dropped by budget": 1 };
    const rank = (item) => (item.state in order ? order[item.state] : 2);
    [...items].sort((a, b) => rank(a) - rank(b)).forEach((item) => body.append(itemRow(item)));
    whole.append(top, body);
    const frame = make("div", null, "scroll");
    frame.append(items.length ? whole : make("p", "Nothing was offered.", "quiet"));
    return frame;
  };

  // A line's table opens as a row of its own below the line, as wide as the page.
  const show = (offer) => {
    const line = Number(offer.dataset.line);
    const items = candidatesOf(offer.closest("details.page")).filter(
      (item) => line === 0 || item.lines.length === 0 || item.lines.includes(line));
    if (line === 0) {
      offer.append(table(items));
      return;
    }
    const row = offer.closest("tr");
    const below = make("tr", null, "context-row");
    const cell = make("td");
    cell.colSpan = row.children.length;
    cell.append(table(items));
    below.append(cell);
    row.after(below);
  };

  const hide = (offer) => {
    const row = offer.closest("tr");
    const below = row && row.nextElementSibling;
    if (below && below.classList.contains("context-row")) below.remove();
    offer.querySelectorAll(":scope > .scroll").forEach((node) => node.remove());
  };

  document.addEventListener("toggle", (event) => {
    if (event.target.matches("details.offer")) (event.target.open ? show : hide)(event.target);
  }, true);

  const pages = [...document.querySelectorAll("details.page")];
  const find = document.getElementById("find");
  const faulty = document.getElementById("faulty");
  const found = document.getElementById("found");

  const filter = () => {
    const words = find.value.trim().toLowerCase();
    let count = 0;
    for (const page of pages) {
      let here = 0;
      for (const row of page.querySelectorAll(".lines > tbody > tr[id]")) {
        const text = `${row.cells[1].textContent}\n${row.cells[2].textContent}`.toLowerCase();
        const keep = text.includes(words) && (!faulty.checked || row.matches(".failed, .issues"));
        row.hidden = !keep;
        const below = row.nextElementSibling;
        if (below && below.classList.contains("context-row")) below.hidden = !keep;
        here += keep;
      }
      page.hidden = here === 0;
      if (here && (words || faulty.checked)) page.open = true;
      count += here;
    }
    found.textContent = words || faulty.checked ? `${count} lines` : "";
  };

  const setAll = (open) => pages.forEach((page) => { page.open = open; });
  const openTarget = () => {
    const target = location.hash && document.getElementById(location.hash.slice(1));
    const page = target && target.closest("details.page");
    if (page) { page.open = true; target.scrollIntoView({ block: "center" }); }
  };
  find.addEventListener("input", filter);
  faulty.addEventListener("change", filter);
  document.getElementById("open").addEventListener("click", () => setAll(true));
  document.getElementById("close").addEventListener("click", () => setAll(false));
  addEventListener("hashchange", openTarget);
  openTarget();
})();
