// Names: those a job asks about before it remembers them, and corrections that make a job be done again.
let namesMode = "none"; // "asked": the job waits; "remembered": they may be corrected
let shownNames = "";

const nameRow = (name, index) => {
  const row = make("tr");
  const keep = make("input");
  keep.type = "checkbox";
  keep.checked = true;
  keep.setAttribute("aria-label", `Remember ${name.source}`);
  const rendering = make("input");
  rendering.value = name.target;
  rendering.dataset.before = name.target;
  rendering.setAttribute("aria-label", `Rendering of ${name.source}`);
  rendering.id = `rendering-${index}`;
  const cells = [make("td"), make("th", name.source), make("td"), make("td", name.about)];
  cells[1].scope = "row";
  cells[0].append(keep);
  keep.hidden = namesMode !== "asked";
  cells[2].append(rendering);
  row.append(...cells);
  row.name_ = name;
  return row;
};

const withoutDetails = (text) => text.replace(/ \([^()]*\)$/, "");

const fillNames = (names, mode, job) => {
  const fresh = JSON.stringify([names, mode, job.id]);
  if (fresh === shownNames) return;
  shownNames = fresh;
  namesMode = mode;
  byId("names").hidden = !names.length;
  byId("names-rows").replaceChildren(...names.map(nameRow));
  const asked = mode === "asked";
  byId("names").classList.toggle("asked", asked);
  byId("names-title").textContent = asked ? "Is this how these names are rendered?" : "Names";
  byId("names-hint").textContent = asked
    ? "The job waits. Correct what is wrong, clear the box of what should not be remembered, and go on."
    : "Correct a rendering and have the pages it reaches translated again; the others stay as they are.";
  byId("names-send").textContent = asked ? "Go on" : "Translate affected pages again";
  if (asked) { say("The job asks about names."); byId("names-title").focus(); }
};

const aboutAsked = (name) => [[name.gender, name.type].filter(Boolean).join(", "), ...name.lines.map((line) => `“${line}”`)].filter(Boolean).join("\n");

const showNames = (names, job) => {
  if (names.pending) {
    fillNames(names.pending.map((name) => ({ ...name, about: aboutAsked(name) })), "asked", job);
  } else if (!openStates.includes(job.status)) {
    fillNames(names.remembered.map((name) => ({
      source: name.source, target: name.fixed || withoutDetails(name.renderings.at(-1)), gender: "", type: "",
      about: name.fixed ? "fixed by you" : name.renderings.length > 1 ? `${name.renderings.length} renderings, pages ${name.pages.join(", ")}` : `page ${name.pages[0]}`,
    })), "remembered", job);
  } else {
    byId("names").hidden = true;
    shownNames = "";
  }
};

const readNames = () => [...byId("names-rows").children].map((row) => {
  const [keep, rendering] = row.querySelectorAll("input");
  const { source, gender, type } = row.name_;
  return { kept: keep.checked, changed: rendering.value.trim() !== rendering.dataset.before, name: { source, target: rendering.value.trim(), gender, type } };
});

const corrections = new Map(); // of the running job: names that a person corrected while it asked

const sendNames = async (job) => {
  const rows = readNames().filter((row) => row.name.target);
  byId("names").hidden = true;
  if (namesMode === "asked") {
    for (const row of rows) if (row.changed) corrections.set(row.name.source, row.name);
    await sendJson(`${jobsPath}/${job.id}/names`, { names: rows.filter((row) => row.kept).map((row) => row.name) });
    say("Going on with your names.");
    return null;
  }
  const changed = rows.filter((row) => row.changed).map((row) => row.name);
  byId("names").hidden = false;
  if (!changed.length) throw new Error("No rendering was changed, so nothing would be translated again.");
  return redo(job, changed);
};

const redo = async (job, names) => (await sendJson(`${jobsPath}/${job.id}/redo`, { names })).id;
