// One job at a time: started, followed, shown; its id stands in the address, so that a reload finds it again.
const openStates = ["queued", "running"];
const pauseMs = 500;
let job = null;
let numFollows = 0;

const progressText = (state) => {
  const pages = `${state.pages.done} of ${count(state.pages.total, "page")}`;
  return { queued: "Waiting for a place.", running: `Translating, ${pages}.`, cancelled: `Cancelled after ${pages}.`,
    failed: `Stopped: ${state.error ? state.error.message : "an error"}` }[state.status] || "";
};

const showProgress = (state) => {
  byId("progress-box").hidden = !openStates.includes(state.status);
  byId("progress").max = state.pages.total || 1;
  byId("progress").value = state.pages.done;
  byId("cancel").hidden = !openStates.includes(state.status);
  byId("start").disabled = openStates.includes(state.status);
  byId("tools").hidden = !state.pages.done;
  byId("scroll").hidden = !state.pages.done;
  byId("head-source").textContent = state.source_lang.split(":").at(-1);
  byId("head-target").textContent = state.target_lang.split(":").at(-1);
};

const showNewPages = async (state) => {
  // Pages end in their order, unless the wave is wider: then one that is not there yet is asked for again.
  const place = { source: facts.tags[state.source_lang] || "", target: facts.tags[state.target_lang] || "" };
  for (let page = 0; page < state.pages.total && shownPages.size < state.pages.done; page += 1) {
    if (shownPages.has(page)) continue;
    const full = await askJson(`${jobsPath}/${state.id}/trace?page=${page}`).catch(() => null);
    if (full) showPage(full.pages[0], place);
  }
};

const closing = async (state) => {
  if (state.status !== "completed") return progressText(state);
  const { pages } = await askJson(`${jobsPath}/${state.id}/trace`);
  const sum = (name) => pages.reduce((total, page) => total + page[name], 0);
  const changes = earlier.size ? ` ${count(numChanged, "line")} changed.` : "";
  return `Done: ${count(sum("lines"), "line")}, ${count(sum("issues"), "issue")}, ${count(sum("calls"), "model call")}, ${count(sum("prompt_tokens") + sum("output_tokens"), "token")}.${changes}`;
};

const follow = async (id) => {
  const mine = ++numFollows;
  location.hash = `job=${id}`;
  clearLines();
  let last = "";
  for (;;) {
    const state = await askJson(`${jobsPath}/${id}`);
    if (mine !== numFollows) return;
    job = state;
    showProgress(state);
    await showNewPages(state);
    showNames(await askJson(`${jobsPath}/${id}/names`), state);
    const text = progressText(state);
    if (text !== last && namesMode !== "asked") say(text);
    last = text;
    if (!openStates.includes(state.status)) return finish(state);
    await new Promise((wake) => setTimeout(wake, pauseMs));
  }
};

const finish = async (state) => {
  say(await closing(state));
  if (state.status === "completed" && corrections.size) {
    const names = [...corrections.values()];
    corrections.clear();
    say("Translating the pages again that your corrections reach.");
    await again(await redo(state, names));
  } else {
    byId("result-title").focus();
  }
};

const again = async (id) => {
  earlier = new Map([...byId("lines").querySelectorAll("tr[data-segment]")].map((row) => [row.dataset.segment, row.translation_]));
  await follow(id);
};

const guarded = (work) => async (event) => {
  if (event) event.preventDefault();
  complain(null);
  try { await work(event); } catch (problem) { complain(problem); byId("start").disabled = false; }
};

const start = async () => {
  byId("start").disabled = true;
  say("Sending.");
  earlier = new Map();
  corrections.clear();
  const made = await sendJson(jobsPath, await requestBody());
  await follow(made.id);
};

byId("form").addEventListener("submit", guarded(start));
byId("cancel").addEventListener("click", guarded(() => sendJson(`${jobsPath}/${job.id}/cancel`, {})));
byId("names-form").addEventListener("submit", guarded(async () => { const id = await sendNames(job); if (id) await again(id); }));
byId("download").addEventListener("click", guarded(() => save(`${jobsPath}/${job.id}/result?partial=true`, `translated-${job.name}`)));
byId("report").addEventListener("click", guarded(() => save(`${jobsPath}/${job.id}/report`, `${job.name}-report.html`)));
fillForm();
const named = /^#job=([\w-]+)$/.exec(location.hash);
if (named) guarded(() => follow(named[1]))();
