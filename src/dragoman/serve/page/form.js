// The form: document, languages, resources, settings; dropped files; what it all comes to as a request.
const facts = JSON.parse(byId("facts").textContent);
const kindsOfFile = [
  [/gramm/i, "grammar"], [/gloss(ed|es)?[._-]?(text|line)|igt|interlinear/i, "glossed"],
  [/gloss(ary)?|terms?/i, "glossary"], [/parallel|examples?|sentences?|\.tmx$/i, "parallel"],
];
const resources = [];
let droppedFile = null;

const addOptions = (select, values, chosen) => {
  for (const value of values) {
    const option = make("option", value);
    option.value = value;
    option.selected = value === chosen;
    select.append(option);
  }
};

const guessKind = (name) => (kindsOfFile.find(([pattern]) => pattern.test(name)) || [null, "dictionary"])[1];

const showResources = () => {
  byId("resources").replaceChildren(...resources.map((entry, index) => {
    const row = make("li");
    const select = make("select");
    select.setAttribute("aria-label", `Kind of ${entry.file.name}`);
    addOptions(select, facts.kinds, entry.kind);
    select.addEventListener("change", () => { entry.kind = select.value; });
    const remove = make("button", "Remove");
    remove.type = "button";
    remove.setAttribute("aria-label", `Remove ${entry.file.name}`);
    remove.addEventListener("click", () => { resources.splice(index, 1); showResources(); byId("resource").focus(); });
    row.append(make("span", entry.file.name), select, remove);
    return row;
  }));
};

const addResources = (files) => {
  for (const file of files) resources.push({ file, kind: guessKind(file.name) });
  showResources();
};

const acceptDrops = (box, take) => {
  for (const name of ["dragenter", "dragover"]) box.addEventListener(name, (event) => { event.preventDefault(); box.classList.add("dragged"); });
  for (const name of ["dragleave", "drop"]) box.addEventListener(name, () => box.classList.remove("dragged"));
  box.addEventListener("drop", (event) => { event.preventDefault(); take([...event.dataTransfer.files]); });
};

const takeDocument = (file) => {
  droppedFile = file;
  byId("text-hint").textContent = file ? `The file ${file.name} will be translated.` : "Paste a text, or drop a file anywhere in this box.";
};

const upload = (path, file, fields) => {
  const body = new FormData();
  body.append("file", file);
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  return askJson(path, { method: "POST", body });
};

const documentFields = async () => {
  if (droppedFile) return { file_id: (await upload("/v1/files", droppedFile, { purpose: "translate" })).id };
  const input = byId("text").value;
  if (!input.trim()) throw new Error("There is nothing to translate yet: paste a text or choose a file.");
  return { input, format: byId("format").value };
};

const resourceIds = async () => {
  const note = byId("note").value.trim();
  const given = note ? [...resources, { file: new File([note], "note.txt"), kind: "note" }] : resources;
  const ids = [];
  for (const { file, kind } of given) {
    const kept = await upload("/v1/translations/resources", file, { kind });
    if (kept.problems.length) noteProblems(kept);
    ids.push(kept.id);
  }
  return ids;
};

const requestBody = async () => {
  const body = { ...(await documentFields()), resources: await resourceIds(), approve_names: byId("approve").checked };
  const plain = { source_lang: "source", target_lang: "target", model: "model", policy: "policy", pivot: "pivot" };
  for (const [field, id] of Object.entries(plain)) body[field] = byId(id).value.trim();
  if (byId("budget").value.trim() !== "auto") body.context_budget = Number(byId("budget").value);
  return body;
};

const noteProblems = (kept) => {
  const row = [...byId("resources").children].find((item) => item.firstChild.textContent.startsWith(kept.name));
  if (row) row.firstChild.textContent = `${kept.name}: ${count(kept.records, "record")}, ${count(kept.problems.length, "line")} not read: ${kept.problems[0]}`;
};

const fillForm = () => {
  addOptions(byId("policy"), facts.policies, facts.policy);
  byId("source").value = facts.source || "";
  if (facts.target) byId("target").value = facts.target;
  byId("languages").replaceChildren(...facts.languages.map((name) => { const option = make("option"); option.value = name; return option; }));
  addOptions(byId("model"), facts.models, facts.models[0]);
};

acceptDrops(byId("text").closest("fieldset"), (files) => takeDocument(files[0]));
acceptDrops(byId("resources").closest("fieldset"), addResources);
byId("file").addEventListener("change", (event) => takeDocument(event.target.files[0] || null));
byId("text").addEventListener("input", () => takeDocument(null));
byId("resource").addEventListener("change", (event) => { addResources(event.target.files); event.target.value = ""; });
