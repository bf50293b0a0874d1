"use strict";

// The fields begin with the document's examples, which succeed against `points-gateway demo`.
const DEMO_KEY = "demo-backoffice-key-000000000000000";
const byId = (id) => document.getElementById(id);
let api, made = ""; // the document, and the id of the last adjustment that was made here

/** An element with properties and children; texts become text nodes, and `so` in backquotes becomes code. */
function make(tag, properties, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  for (const child of children.flat().filter(Boolean)) {
    if (typeof child !== "string" || tag === "code" || tag === "pre") element.append(child);
    else child.split("`").forEach((part, index) => part && element.append(index % 2 ? make("code", {}, part) : part));
  }
  return element;
}

function newKey() {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** JSON indented by its text alone: parsing it would pass its numbers through floats. What is no JSON stays as it is. */
function indented(text) {
  try { JSON.parse(text); } catch { return text; }
  let depth = 0;
  const line = () => "\n" + "  ".repeat(depth);
  return text.replace(/"(?:[^"\\]|\\.)*"|[{[]\s*[}\]]|[{}[\],:]|\s+/g, (token) => {
    if (/^\s/.test(token)) return "";
    if (/^[{[]\s*[}\]]$/.test(token)) return token[0] + token.at(-1); // nothing inside
    if (token === "{" || token === "[") { depth += 1; return token + line(); }
    if (token === "}" || token === "]") { depth -= 1; return line() + token; }
    return token === "," ? token + line() : token === ":" ? ": " : token;
  });
}

/** A schema with its references followed and what it extends put in. */
function resolved(schema) {
  if (schema.$ref) {
    const { $ref, ...rest } = schema;
    return { ...resolved($ref.slice(2).split("/").reduce((at, name) => at[name], api)), ...rest };
  }
  if (!schema.allOf) return schema;
  return schema.allOf.map(resolved).reduce((whole, part) => {
    const properties = { ...whole.properties };
    for (const [name, each] of Object.entries(part.properties ?? {})) properties[name] = { ...properties[name], ...each };
    return { ...whole, ...part, properties };
  });
}

/** The schemas that a value may have, null left out. */
const choices = (schema) => (schema.anyOf ?? schema.oneOf ?? [schema]).map(resolved).filter((each) => each.type !== "null");

const between = (low, high, unit = "") => high === undefined ? "" : `${low ?? 0} to ${high}${unit}`;
/** What a value may be, in one line. */
function kind(schema) {
  const words = choices(schema).map((each) => {
    if (each.enum) return each.enum.map((value) => "`" + value + "`").join(", ");
    if (each.const !== undefined) return "`" + each.const + "`";
    if (each.type === "array") return `list of ${each.items ? kind(resolved(each.items)) : "anything"}`;
    const limits = [each.format, between(each.minimum, each.maximum), between(each.minLength, each.maxLength, " characters")].filter(Boolean);
    return (each.type ?? "anything") + (limits.length ? ` (${limits.join(", ")})` : "");
  });
  const nullable = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].some((each) => each.type === "null");
  return [...new Set(words), nullable && "null"].filter(Boolean).join(" or ");
}

/** Details that are made when they are first opened; schemas may hold themselves. */
function opening(summary, content, properties = {}) {
  const details = make("details", properties, make("summary", {}, summary));
  details.addEventListener("toggle", () => details.append(...content()), { once: true });
  return details;
}

/** The fields of a schema as nested lists. */
function fields(schema) {
  const inner = choices(resolved(schema)).flatMap((each) => each.type === "array" && each.items ? choices(resolved(each.items)) : [each]);
  return inner.flatMap((each) => {
    const needed = (entry) => (each.required?.includes(entry[0]) ? 0 : 1);
    const entries = Object.entries(each.properties ?? {}).sort((one, other) => needed(one) - needed(other));
    if (typeof each.additionalProperties === "object") entries.push(["any name", each.additionalProperties]);
    return entries.length ? make("ul", {}, entries.map(([name, property]) => {
      const field = resolved(property);
      const said = [make("code", {}, name), each.required?.includes(name) ? " required, " : " ", kind(field), field.description ? `: ${field.description}` : ""];
      return make("li", {}, holdsFields(field) ? opening(said, () => fields(field)) : said);
    })) : [];
  });
}

const holdsFields = (schema) =>
  choices(schema).some((each) => each.properties || typeof each.additionalProperties === "object" || (each.items && holdsFields(resolved(each.items))));

/** The values that a field can have and no other, if these are few enough to choose from. */
const fixed = (schema) => choices(schema).flatMap((each) => each.enum ?? (each.const === undefined ? [undefined] : [each.const]));

/** One field of a form: its label, what it says of itself, and the element that holds its value. */
function input(parameter, beginning) {
  const schema = resolved(parameter.schema);
  const value = String(beginning ?? parameter.example ?? (parameter.required ? schema.examples?.[0] ?? "" : ""));
  const values = fixed(schema).filter((each) => each !== "");
  const shared = { value, name: parameter.name, required: parameter.in === "path" };
  const box = values.includes(undefined) ? make("input", { ...shared, autocomplete: "off", spellcheck: false })
    : make("select", { name: parameter.name }, (parameter.required ? [] : [""]).concat(values).map((each) => make("option", { value: each }, each || "(not sent)")));
  if (box.tagName === "SELECT") box.value = value;
  const about = `${parameter.in}, ${parameter.required ? "required, " : ""}${kind(schema)}. ${parameter.description ?? schema.description ?? ""}`;
  return { parameter, box, label: make("label", {}, parameter.name, make("span", { className: "soft" }, about), box) };
}

const quoted = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
/** The same call for a shell; the key is shown only where it is asked for. */
function curl(call, key) {
  const headers = Object.entries(call.headers).map(([name, value]) => ` \\\n  -H ${quoted(`${name}: ${name === "Authorization" ? `Bearer ${key}` : value}`)}`);
  const method = call.method === (call.body === undefined ? "GET" : "POST") ? "" : ` -X ${call.method}`;
  return `curl -i${method} ${quoted(location.origin + call.path)}${headers.join("")}${call.body === undefined ? "" : ` \\\n  --data-raw ${quoted(call.body)}`}`;
}

/** What goes out for an operation as its form stands; fields that are left empty are not sent. */
function call(method, path, operation, inputs, body) {
  const headers = {};
  if (operation.security?.length && byId("key").value) headers.Authorization = `Bearer ${byId("key").value}`;
  if (operation.security?.length && byId("tenant").value) headers["X-Tenant"] = byId("tenant").value;
  const query = [];
  for (const { parameter, box } of inputs.filter((each) => each.box.value !== "")) {
    if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, encodeURIComponent(box.value));
    if (parameter.in === "query") query.push(`${parameter.name}=${encodeURIComponent(box.value)}`);
    if (parameter.in === "header") headers[parameter.name] = box.value;
  }
  if (body) headers["Content-Type"] = "application/json";
  return { method, path: path + (query.length ? `?${query.join("&")}` : ""), headers, body: body?.value };
}

/** What to do after an answer, in words and with a button where there is one: `again` sends, `renew` makes a new key. */
function next(response, body, again, renew) {
  const wait = response.headers.get("retry-after"), later = wait ? `in ${wait} seconds` : "later";
  if (response.status === 202) {
    return make("p", {}, `This is not done: the points may be applied or not. Send the same again ${later}, with the same key. Never use another key for them.`, make("br"), again(), seeing(made));
  }
  if (response.headers.get("content-type") !== "application/problem+json") return null;
  const problem = JSON.parse(body), { retryable, new_key_allowed: failed, adjustment } = problem;
  const advice = failed ? "This adjustment has failed for good. Another one takes a new key."
    : retryable ? `Send the same again ${later}, with the same key.`
    : adjustment ? "The key belongs to an adjustment: look at it before you send anything else."
    : problem.code === "unauthenticated" ? `Enter ${byId("key").value ? "another" : "an"} API key above${byId("demo").hidden ? "" : ", or press “Use the key of the demo”"}, and send this again.`
    : `Correct the request${renew() ? ", and keep its Idempotency-Key" : ""}.`;
  const link = make("a", { href: problem.type, target: "_blank", rel: "noopener" }, "What ", make("code", {}, problem.code), " means");
  return make("p", {}, `${advice} `, link, ".", make("br"), failed ? renew() : retryable && again(), adjustment && seeing(adjustment));
}

/** A button that leads to an adjustment's own operation. */
function seeing(id) {
  const button = make("button", { type: "button" }, "See where it stands");
  button.addEventListener("click", () => {
    made = id; // the form begins with it where it is not there yet
    for (const box of byId("get_adjustment").querySelectorAll("[name=id]")) box.value = id;
    location.hash = "get_adjustment";
  });
  return button;
}

/** A link to the console's page of the adjustment that an answer is about, where this page knows a console. */
function timeline(response, body) {
  const origin = document.querySelector("meta[name=console]").content;
  let answer = null;
  try { answer = JSON.parse(body); } catch { /* it names no adjustment */ }
  const id = [response.headers.get("location")?.split("/").at(-1), answer?.adjustment, answer?.id].find((each) => /^adj_[0-9a-f]{32}$/.test(each));
  const link = () => make("a", { href: `${origin}/console/adjustments/${id}`, target: "_blank", rel: "noopener noreferrer" }, "See its timeline in the console");
  return origin && id && make("p", {}, link());
}

async function send(going, out, again, renew) {
  const begun = performance.now();
  try {
    const response = await fetch(going.path, { method: going.method, headers: going.headers, body: going.body, cache: "no-store", redirect: "manual" });
    const text = await response.text();
    made = response.headers.get("location")?.match(/adj_[0-9a-f]+$/)?.[0] ?? made;
    const tone = response.status === 202 ? "odd" : response.ok ? "good" : "bad";
    const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    out.replaceChildren(
      make("p", {}, make("span", { className: `status ${tone}` }, `${response.status} ${response.statusText}`), make("span", { className: "soft" }, ` in ${Math.round(performance.now() - begun)} ms`)),
      next(response, text, again, renew) ?? "",
      timeline(response, text) || "",
      make("h2", {}, "Body"), make("pre", { tabIndex: 0 }, indented(text) || "(empty)"),
      make("h2", {}, "Headers"), make("pre", { tabIndex: 0 }, headers));
    document.querySelectorAll("input[name=id]").forEach((box) => { box.value ||= made; });
  } catch (error) {
    out.replaceChildren(make("p", { className: "status bad" }, `No answer: ${error.message}`));
  }
}

/** What is required comes first, and headers that need not be sent come last. */
const rank = (parameter) => (parameter.required ? 0 : parameter.in === "header" ? 2 : 1);

/** The form of an operation, where its answer goes, and the command for a shell. */
function trial(method, path, operation) {
  const inputs = (operation.parameters ?? []).filter((each) => each.name !== "X-Tenant")
    .sort((one, other) => rank(one) - rank(other)).map((each) => input(each, each.name === "id" ? made : undefined));
  const { schema, examples = {} } = operation.requestBody?.content["application/json"] ?? {};
  const body = schema && make("textarea", { value: JSON.stringify(Object.values(examples)[0]?.value ?? {}, null, 2), spellcheck: false });
  const choice = body && Object.keys(examples).length > 1 && make("select", {}, Object.keys(examples).map((each) => make("option", { value: each }, each.replaceAll("_", " "))));
  if (choice) choice.addEventListener("input", () => { body.value = JSON.stringify(examples[choice.value].value, null, 2); });
  const out = make("div", { role: "status" }, make("p", { className: "soft" }, "The answer appears here."));
  const command = make("pre", { tabIndex: 0 }), button = make("button", { className: "send" }, "Send");
  const copy = make("button", { type: "button", title: "The copy holds the API key as you gave it" }, "Copy with the key");
  const going = () => call(method, path, operation, inputs, body);
  const show = () => { command.textContent = curl(going(), "***"); };
  const keyed = inputs.find((each) => each.parameter.name === "Idempotency-Key");
  const pressed = (text, action, title = "") => { const it = make("button", { type: "button", title }, text); it.addEventListener("click", action); return it; };
  const renew = () => keyed && pressed("New key", () => { keyed.box.value = newKey(); show(); }, "For another adjustment, or after a problem with new_key_allowed: true");
  const again = () => pressed("Send the same again", () => form.requestSubmit());
  if (keyed) {
    keyed.box.value = newKey();
    keyed.label = make("div", {}, keyed.label, renew());
  }
  const form = make("form", {}, inputs.map((each) => each.label), choice && make("label", {}, "Example", choice), body && make("label", {}, "Body", body),
    schema && opening("Fields of the body", () => fields(schema)), button);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    show();
    button.disabled = true;
    await send(going(), out, again, renew);
    button.disabled = false;
  });
  copy.addEventListener("click", async () => {
    const text = curl(going(), byId("key").value);
    // Browsers give no clipboard to plain http from another machine: then the text is marked, to be copied by hand.
    if (navigator.clipboard) { await navigator.clipboard.writeText(text); copy.textContent = "Copied"; }
    else { command.textContent = text; getSelection().selectAllChildren(command); }
  });
  form.addEventListener("input", show);
  document.querySelector(".who").addEventListener("input", show);
  show();
  return make("div", { className: "two" }, form, make("div", {}, make("h2", {}, "Answer"), out, make("h2", {}, "For a shell"), command, copy));
}

/** Problems as links to the pages that explain them. */
const problems = (examples) => [make("ul", {}, Object.keys(examples ?? {}).map((code) =>
  make("li", {}, make("a", { href: `/problems/${code}`, target: "_blank", rel: "noopener" }, make("code", {}, code)))))];

function answers(operation) {
  return Object.entries(operation.responses).map(([status, response]) => {
    const headers = Object.entries(response.headers ?? {}).map(([name, header]) =>
      make("li", {}, make("code", {}, name), ` header: ${header.description ?? ""}`));
    const bodies = Object.entries(response.content ?? {}).flatMap(([type, { schema, examples }]) => [make("p", { className: "soft" }, type), ...(type.includes("problem") ? problems(examples) : fields(schema))]);
    return opening(`${status} ${response.description}`, () => [make("ul", {}, headers), ...bodies]);
  });
}

function operation(method, path, described) {
  const scope = described.description?.match(/`([^`]+)`/)?.[1];
  const title = [make("span", { className: "method" }, method), make("code", {}, path), make("span", {}, described.summary ?? ""),
    make("span", { className: "soft" }, scope ?? "no key")];
  const content = () => [trial(method, path, described), make("h2", {}, "Answers and problems"), ...answers(described)];
  return opening(title, content, { className: "operation", id: described.operationId });
}

function openLinked() {
  const linked = byId(location.hash.slice(1) || "adjust");
  if (!(linked instanceof HTMLDetailsElement)) return;
  linked.open = true;
  if (location.hash) linked.scrollIntoView();
}

function remember() {
  for (const id of ["key", "tenant"]) {
    const name = `points-gateway.${id}`;
    try { byId(id).value = sessionStorage.getItem(name) ?? ""; } catch { /* storage is forbidden here: nothing is kept */ }
    byId(id).addEventListener("input", () => { try { sessionStorage.setItem(name, byId(id).value); } catch { /* as above */ } });
  }
  byId("demo").hidden = !["127.0.0.1", "localhost", "[::1]"].includes(location.hostname);
  byId("demo").firstElementChild.addEventListener("click", () => {
    byId("key").value = DEMO_KEY;
    byId("key").dispatchEvent(new Event("input", { bubbles: true }));
  });
  document.querySelector(".who").addEventListener("submit", (event) => event.preventDefault());
}

async function begin() {
  remember();
  const list = byId("operations");
  try {
    api = await (await fetch("/openapi.json")).json();
    byId("version").textContent = api.info.version;
    byId("about").replaceChildren(make("span", {}, api.info.description ?? ""));
    const all = Object.entries(api.paths).flatMap(([path, item]) => Object.entries(item).map(([method, each]) => [method, path, each]));
    list.replaceChildren(...api.tags.flatMap((tag) => [
      make("section", { ariaLabel: tag.name }, make("h2", { className: "tag" }, tag.name, make("span", { className: "soft" }, ` ${tag.description}`)),
        all.filter(([, , each]) => each.tags.includes(tag.name)).map(([method, path, each]) => operation(method.toUpperCase(), path, each)))]));
    openLinked();
    addEventListener("hashchange", openLinked);
  } catch (error) {
    list.replaceChildren(make("p", { className: "status bad" }, `/openapi.json cannot be read: ${error.message}`));
  }
  list.setAttribute("aria-busy", "false");
}

begin();
