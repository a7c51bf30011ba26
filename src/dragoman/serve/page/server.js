// Everything that is asked of the server. Errors come out as Error with the server's own words.
const jobsPath = "/v1/translations/jobs";

const byId = (id) => document.getElementById(id);

const ask = async (path, options = {}) => {
  const headers = { ...(options.headers || {}) };
  const key = byId("key").value.trim();
  if (key) headers.Authorization = `Bearer ${key}`;
  const answer = await fetch(path, { ...options, headers });
  if (answer.ok) return answer;
  const body = await answer.json().catch(() => ({}));
  throw new Error((body.error && body.error.message) || `the server answered ${answer.status}`);
};

const askJson = async (path, options) => (await ask(path, options)).json();

const sendJson = (path, body) =>
  askJson(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });

const save = async (path, name) => {
  const address = URL.createObjectURL(await (await ask(path)).blob());
  const link = make("a");
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10000);
};

// Text only ever enters the page through textContent, so nothing in a document can become markup or script.
const make = (name, text, className) => {
  const node = document.createElement(name);
  if (text !== undefined && text !== null) node.textContent = text;
  if (className) node.className = className;
  return node;
};

const say = (text) => { byId("status").textContent = text; };

const complain = (problem) => {
  const box = byId("error");
  box.hidden = !problem;
  box.textContent = problem ? String(problem.message || problem) : "";
};

const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
