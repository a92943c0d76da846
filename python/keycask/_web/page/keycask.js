// The page of an owner's keys. A new secret stands in one field of the document and nowhere else: not in the
// address, the history or any storage; it is wiped when the page is left.

const at = (id) => document.getElementById(id);
const collection = document.body.dataset.keys;
const csrf = JSON.parse(document.body.dataset.csrf || "null");
const endings = new Set(["expired", "rotated_out", "revoked"]);
const states = {
  active: "in use",
  superseded: "being replaced",
  not_yet_valid: "not valid yet",
  disabled: "disabled",
  expired: "expired",
  rotated_out: "replaced",
  revoked: "revoked",
};

class Trouble extends Error {}

async function call(path, content) {
  const post = content !== undefined;
  const headers = { Accept: "application/json" };
  if (post) headers["Content-Type"] = "application/json";
  if (post && csrf) headers[csrf[0]] = csrf[1];
  const options = { method: post ? "POST" : "GET", headers, cache: "no-store", credentials: "same-origin" };
  if (post) options.body = JSON.stringify(content);
  const response = await fetch(path, options).catch(() => {
    throw new Trouble("The server can't be reached. Try again.");
  });
  const type = response.headers.get("Content-Type") || "";
  const told = /^application\/(problem\+)?json/.test(type) ? await response.json() : null;
  if (response.ok && told) return told;
  if (response.status === 401 || response.redirected || (told && told.code === "not_logged_in")) {
    throw new Trouble("You are no longer logged in. Log in and open this page again.");
  }
  throw new Trouble((told && told.detail) || `The server answered with an error (${response.status}). Try again.`);
}

const change = (key, verb, content = {}) => call(`${collection.replace(/\/$/, "")}/${key.id}/${verb}`, content);

async function all() {
  const keys = [];
  let after = "";
  let page;
  do {
    page = await call(collection + after);
    keys.push(...page.keys);
    after = `?after=${encodeURIComponent(page.next)}`;
  } while (page.next);
  return { keys: keys.reverse(), scopes: page.allowed_scopes };
}

// Showing.

function make(tag, properties = {}, ...content) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...content);
  return element;
}

const when = (text) =>
  make("time", { dateTime: text }, new Date(text).toLocaleString([], { dateStyle: "medium", timeStyle: "short" }));

function say(id, text) {
  at(id).textContent = text;
  at(id).hidden = !text;
}

const title = (key) => key.name || "Without a name";

function facts(key) {
  const told = [["created ", when(key.created_at)]];
  told.push(key.last_used_at ? ["last used ", when(key.last_used_at)] : ["never used"]);
  if (key.expires_at) told.push(["expires ", when(key.expires_at)]);
  if (key.state === "superseded") told.push(["works until ", when(key.grace_until)]);
  if (key.revoked_at) told.push(["revoked ", when(key.revoked_at)]);
  return make("div", { className: "facts" }, ...told.map((fact) => make("span", {}, ...fact)));
}

function card(key) {
  const ended = endings.has(key.state);
  const kind = ended ? "ended" : key.state === "active" ? "" : "warn";
  const item = make(
    "li",
    {},
    make(
      "div",
      { className: "top" },
      make("h2", {}, title(key)),
      make("span", { className: `state ${kind}` }, states[key.state]),
    ),
    make("code", {}, `${key.start}…`),
    facts(key),
  );
  if (key.scopes.length) item.append(make("div", { className: "facts" }, `may ${key.scopes.join(", ")}`));
  if (!ended) item.append(make("p", { className: "row" }, ...buttons(key)));
  item.dataset.id = key.id;
  return item;
}

function button(key, label, act, className = "") {
  const made = make("button", { type: "button", className }, label);
  made.setAttribute("aria-label", `${label}: ${title(key)}, ${key.start}`);
  made.addEventListener("click", () => run(() => act(key)));
  return made;
}

function buttons(key) {
  const last = [
    button(key, "Emergency", emergency, "danger"),
    button(key, "Revoke", revoke, "danger"),
  ];
  if (key.state === "superseded") {
    return [button(key, "Finish", finish), button(key, "Cancel rotation", cancel), ...last];
  }
  return key.state === "disabled" ? last : [button(key, "Rotate", rotate), ...last];
}

async function show() {
  const { keys, scopes } = await all();
  const ended = keys.filter((key) => endings.has(key.state));
  const living = keys.filter((key) => !endings.has(key.state));
  at("keys").replaceChildren(...living.map(card));
  at("keys").hidden = living.length === 0;
  at("ended").replaceChildren(...ended.map(card));
  at("none").hidden = living.length > 0;
  at("past").hidden = ended.length === 0;
  at("new").hidden = false;
  offer(scopes);
}

function offer(scopes) {
  at("scopes").hidden = scopes.length === 0;
  at("scopes").replaceChildren(at("scopes").querySelector("legend"));
  for (const scope of scopes) {
    const box = make("input", { type: "checkbox", name: "scope", value: scope, defaultChecked: true });
    at("scopes").append(make("label", {}, box, make("code", {}, scope)));
  }
}

// Doing, one thing at a time.

let busy = false;

async function run(act) {
  if (busy) return;
  busy = true;
  say("error", "");
  say("news", "");
  document.body.setAttribute("aria-busy", "true");
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    say("error", error.message);
  } finally {
    busy = false;
    document.body.removeAttribute("aria-busy");
  }
}

function ask(question, text, yes) {
  at("ask-title").textContent = question;
  at("ask-text").textContent = text;
  at("ask-yes").textContent = yes;
  at("ask").returnValue = "no";
  at("ask").showModal();
  return new Promise((resolve) => {
    at("ask").addEventListener("close", () => resolve(at("ask").returnValue === "yes"), { once: true });
  });
}

async function create(form) {
  const asked = new FormData(form);
  const content = { name: asked.get("name").trim() || null };
  if (!at("scopes").hidden) content.scopes = asked.getAll("scope");
  const issued = await call(collection, content);
  fold(false);
  reveal(issued, "");
  await show();
}

async function rotate(key) {
  const issued = await change(key, "rotate");
  await show();
  const old = [...at("keys").children].find((item) => item.dataset.id === key.id);
  const until = old && [...old.querySelectorAll("time")].at(-1);
  reveal(issued, until ? `The old key works until ${until.textContent}. Finish when nothing uses it any more.` : "");
}

async function emergency(key) {
  const text =
    "For a key that leaked: it and every key that it was rotated from or to stop working at once, and you get" +
    " one new key. What uses them fails until it has the new one.";
  if (!(await ask(`Replace ${title(key)} now?`, text, "Replace now"))) return;
  reveal(await change(key, "rotate", { emergency: true }), "The old keys work no more.");
  await show();
}

async function finish(key) {
  await change(key, "finish");
  await told(`${title(key)}: the old key works no more.`);
}

async function cancel(key) {
  const text = "The new key is revoked, and the old one goes on as before. That works while nobody has used the new one.";
  if (!(await ask(`Cancel the rotation of ${title(key)}?`, text, "Cancel rotation"))) return;
  await change(key, "cancel");
  await told(`${title(key)}: the rotation was cancelled.`);
}

async function revoke(key) {
  const text = "What uses it is refused from now on, and it can't be brought back.";
  if (!(await ask(`Revoke ${title(key)}?`, text, "Revoke"))) return;
  await change(key, "revoke");
  if (at("secret").value.startsWith(key.start)) wipe();
  await told(`${title(key)} was revoked.`);
}

async function told(text) {
  await show();
  say("news", text);
}

// The secret.

function reveal(issued, text) {
  at("secret").value = issued.secret || "";
  at("until").textContent = text;
  at("copy").textContent = "Copy";
  at("issued").hidden = false;
  at("issued-title").focus();
}

function wipe() {
  at("secret").value = "";
  at("issued").hidden = true;
}

async function copy() {
  at("secret").select();
  try {
    await navigator.clipboard.writeText(at("secret").value);
    at("copy").textContent = "Copied";
  } catch {
    say("news", "The browser doesn't let this page copy. The key is selected: copy it yourself.");
  }
}

function fold(open) {
  at("create").hidden = !open;
  at("create").reset();
  at("new").setAttribute("aria-expanded", String(open));
  if (open) at("name").focus();
}

at("new").addEventListener("click", () => fold(at("create").hidden));
at("forget").addEventListener("click", () => {
  fold(false);
  at("new").focus();
});
at("create").addEventListener("submit", (event) => {
  event.preventDefault();
  run(() => create(event.currentTarget ?? at("create")));
});
at("copy").addEventListener("click", copy);
at("done").addEventListener("click", () => {
  wipe();
  at("new").focus();
});
at("scripts").hidden = true;
// A page that goes to the browser's cache comes back without the secret.
addEventListener("pagehide", wipe);
addEventListener("pageshow", (event) => event.persisted && run(show));
run(show);
