// The translation side by side with its source; for each line the issues and the context that was offered.
const shownPages = new Set();
let earlier = new Map(); // segment id -> translation of the job that this one redoes
let numChanged = 0;

const clearLines = () => {
  shownPages.clear();
  numChanged = 0;
  byId("lines").replaceChildren();
};

const contextItem = (item) => {
  const row = make("li", `${item.kind}: ${item.text}`, item.chosen ? "chosen" : "");
  const facts = [item.chosen ? "chosen" : "not chosen", count(item.tokens, "token"), `score ${item.score}`];
  if (item.probability !== null) facts.push(`probability ${item.probability.toFixed(2)}`);
  if (item.reason) facts.push(item.reason);
  row.append(make("small", facts.join(" · ")));
  return row;
};

const contextOf = (page, number) => {
  const items = page.context.filter((item) => !item.lines.length || item.lines.includes(number));
  const box = make("details", null, "offer");
  box.append(make("summary", `context: ${items.filter((item) => item.chosen).length} chosen of ${items.length}`));
  box.addEventListener("toggle", () => {
    if (box.querySelector("ul")) return;
    const list = make("ul");
    list.append(...[...items].sort((a, b) => b.chosen - a.chosen).map(contextItem));
    box.append(list);
  });
  return box;
};

const lineRow = (page, line, number, place) => {
  const before = earlier.get(line.segment_id);
  const changed = before !== undefined && before !== line.translation;
  const row = make("tr", null, [line.issues.length ? "faulty" : "clean", changed ? "changed" : "same"].join(" "));
  const source = make("td", line.source);
  const target = make("td", line.translation);
  const about = make("td");
  source.dir = target.dir = "auto";
  source.lang = place.source;
  target.lang = place.target;
  if (changed) {
    numChanged += 1;
    target.append(make("span", `changed, was: ${before}`, "changed-flag"));
  }
  if (line.issues.length) {
    const faults = make("ul", null, "faults");
    faults.append(...line.issues.map((issue) => make("li", `${issue.code}: ${issue.message}`)));
    about.append(faults);
  }
  about.append(contextOf(page, number));
  const head = make("th", `${page.page + 1}.${number}`);
  head.scope = "row";
  row.append(head, source, target, about);
  row.dataset.segment = line.segment_id;
  row.translation_ = line.translation;
  return row;
};

const pageHead = (page) => {
  const row = make("tr", null, "page-head");
  const cell = make("th", `Page ${page.page + 1} · ${page.policy.split(" ")[0]} · ${page.context.filter((item) => item.chosen).length} of ${page.context.length} items chosen${page.pivot.called ? " · English pivot" : ""}`);
  cell.colSpan = 4;
  cell.scope = "rowgroup";
  row.append(cell);
  return row;
};

const showPage = (page, place) => {
  if (shownPages.has(page.page)) return;
  shownPages.add(page.page);
  const rows = [pageHead(page), ...page.lines.map((line, index) => lineRow(page, line, index + 1, place))];
  for (const row of rows) row.dataset.page = page.page;
  const next = [...byId("lines").children].find((row) => Number(row.dataset.page) > page.page);
  rows.forEach((row) => byId("lines").insertBefore(row, next || null));
};

byId("only-issues").addEventListener("change", (event) => byId("lines").classList.toggle("hide-clean", event.target.checked));
byId("only-changed").addEventListener("change", (event) => byId("lines").classList.toggle("hide-same", event.target.checked));
