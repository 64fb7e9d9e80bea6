import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { beforeEach, test } from "node:test";

const SCOPE = "http://nowhere.test/", FILES = ["index.html", "app.js"];
const heard = {}, stores = new Map(), open = new Set();
let full = false, registered = true;

/** A store of answers as a browser's, so far as the worker uses it. */
class Store extends Map {
  async keys() { return [...super.keys()].map((url) => ({ url })); }

  address(request) { return new URL(request.url ?? request, SCOPE).href; }

  async put(request, answer) {
    const text = await answer.text();
    if (full) throw Object.assign(new Error("no room"), { name: "QuotaExceededError" });
    this.set(this.address(request), text);
  }

  async match(request) {
    const found = this.get(this.address(request));
    return found === undefined ? undefined : new Response(found);
  }
}

Object.assign(globalThis, {
  addEventListener: (name, listener) => { heard[name] = listener; },
  registration: { scope: SCOPE, unregister: async () => { registered = false; } },
  clients: { claim: async () => {}, get: async (id) => (open.has(id) ? { id } : undefined) },
  caches: {
    open: async (name) => stores.get(name) ?? stores.set(name, new Store()).get(name),
    keys: async () => [...stores.keys()],
    delete: async (name) => stores.delete(name),
  },
});
await import("../../writemate_jax/web/page/offline.js");

const content = (name, site) => `${name || "index.html"} of ${site}`;
const digest = (text) => createHash("sha256").update(text).digest("hex");

/** A host of one version, of which some files are missing, or still of another. */
const host = (site, missing = [], old = {}) => async (asked) => {
  const name = new URL(asked.url ?? asked, SCOPE).pathname.slice(1);
  if (missing.includes(name)) throw new TypeError("the connection is lost");
  const files = Object.fromEntries(FILES.map((file) => [file, digest(content(file, site))]));
  if (name === "config.json") return new Response(JSON.stringify({ engine: "browser", site, files }));
  return new Response(content(name, old[name] ?? site));
};
const offline = async () => { throw new TypeError("no network"); };
const answering = (status, body = "{}") => async () => new Response(body, { status });

/** What the worker answers to the page's opening (""), or to a file that it asks for. */
async function ask(t, network, file = "", page = "first") {
  t.mock.method(globalThis, "fetch", network);
  t.mock.method(console, "info", () => {});
  const answers = [], waited = [];
  const whose = file ? { clientId: page } : { clientId: "", resultingClientId: page };
  heard.fetch({
    request: { url: `${SCOPE}${file}`, method: "GET", mode: file ? "no-cors" : "navigate" }, ...whose,
    respondWith: (one) => answers.push(one), waitUntil: (one) => waited.push(one),
  });
  const text = await (await answers[0]).text();
  open.add(page);
  return { text, later: Promise.all(waited) };
}

async function install(t, network) {
  t.mock.method(globalThis, "fetch", network);
  const waited = [];
  heard.install({ waitUntil: (one) => waited.push(one) });
  await Promise.all(waited);
}

function activate() {
  const waited = [];
  heard.activate({ waitUntil: (one) => waited.push(one) });
  return Promise.all(waited);
}

beforeEach(() => {
  stores.clear();
  open.clear();
  full = false;
  registered = true;
});

test("a page is answered from one version, of which nothing is missed", async (t) => {
  await install(t, host(1));
  assert.equal((await ask(t, offline)).text, "index.html of 1");
  assert.equal((await ask(t, offline, "app.js")).text, "app.js of 1");
  assert.equal((await ask(t, host(2), "app.js")).text, "app.js of 1");
  assert.equal((await ask(t, host(2), "", "second")).text, "index.html of 2");
  assert.equal((await ask(t, offline, "app.js", "second")).text, "app.js of 2");
  assert.equal((await ask(t, offline, "app.js")).text, "app.js of 1"); // the other page is open still
  open.delete("first");
  assert.equal((await ask(t, host(2), "", "third")).text, "index.html of 2");
  assert.deepEqual([...stores.keys()], ["writemate-/-2"]);
  assert.equal((await ask(t, host(3), "other.txt", "third")).text, "other.txt of 3"); // none of the site's
});

test("a host that goes back to the version before has it answered, while a page of that is open and after", async (t) => {
  await install(t, host(1));
  await ask(t, host(1), "", "old");
  assert.equal((await ask(t, host(2), "", "second")).text, "index.html of 2");
  assert.equal((await ask(t, host(1), "", "third")).text, "index.html of 1");
  assert.equal((await ask(t, offline, "app.js", "old")).text, "app.js of 1");
  assert.equal((await ask(t, offline, "", "fourth")).text, "index.html of 1");
  assert.equal((await ask(t, host(2, FILES), "", "fifth")).text, "index.html of 2"); // it is there, and not fetched again
  for (const page of ["old", "third", "fourth"]) assert.equal((await ask(t, offline, "app.js", page)).text, "app.js of 1");
  for (const page of ["old", "second", "third", "fourth"]) open.delete(page);
  assert.equal((await ask(t, host(2), "", "sixth")).text, "index.html of 2");
  assert.equal(stores.size, 1);
});

test("what an earlier worker kept stays until this one takes its place", async (t) => {
  stores.set("writemate", new Store([[SCOPE, "of before"]]));
  stores.set("writemate-2e", new Store([[`${SCOPE}app.js`, "of before"]]));
  await install(t, host(1));
  assert.deepEqual([...stores.keys()], ["writemate", "writemate-2e", "writemate-/-1"]);
  await activate();
  assert.deepEqual([...stores.keys()], ["writemate-/-1"]);
});

test("what a site in another folder of the host keeps stays", async (t) => {
  const others = ["writemate-/letters/-1", "writemate-2e", "another"];
  for (const name of others) stores.set(name, new Store([["http://nowhere.test:81/letters/app.js", "of another"]]));
  await install(t, host(1));
  await activate();
  await ask(t, host(2));
  await ask(t, answering(404, "gone"), "", "second");
  assert.deepEqual([...stores.keys()], others);
});

test("a version of which a part alone comes is not mixed with the one before", async (t) => {
  await install(t, host(1));
  assert.equal((await ask(t, host(2, ["app.js"]))).text, "index.html of 1");
  for (const file of FILES) assert.equal((await ask(t, offline, file)).text, `${file} of 1`);
  for (const status of [403, 429, 503]) assert.equal((await ask(t, answering(status))).text, "index.html of 1");
  assert.equal((await ask(t, answering(200, "<html>"))).text, "index.html of 1");
  assert.equal((await ask(t, host(2))).text, "index.html of 2");
});

test("where a host has no whole version, or there is no room, the network is answered", async (t) => {
  for (const room of [true, false]) {
    full = false;
    await install(t, host(1));
    full = !room;
    assert.equal((await ask(t, room ? host(2, [], { "app.js": 1 }) : host(2))).text, "index.html of 2");
    assert.equal(stores.size, 0);
    await assert.rejects(ask(t, offline, "app.js"), /no network/);
  }
  full = false;
  assert.equal((await ask(t, host(2))).text, "index.html of 2");
  assert.equal((await ask(t, offline, "app.js")).text, "app.js of 2");
});

test("where the site is no longer there, or a server in its place, the worker leaves", async (t) => {
  for (const network of [answering(404, "gone"), answering(200, '{"engine": "server"}')]) {
    registered = true;
    await install(t, host(1));
    assert.equal((await ask(t, network)).text, await (await network()).text());
    assert.equal(registered, false);
    assert.equal(stores.size, 0);
  }
});

test("a connection that hangs is waited for only for a while", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  await install(t, host(1));
  const hanging = () => new Promise(() => {});
  const first = ask(t, hanging);
  await new Promise(setImmediate);
  t.mock.timers.tick(60_000);
  assert.equal((await first).text, "index.html of 1");
  const next = ask(t, hanging); // is not waited for as long as that once more
  await new Promise(setImmediate);
  t.mock.timers.tick(0);
  assert.equal((await next).text, "index.html of 1");

  t.mock.method(Date, "now", () => Infinity);
  let arrive;
  const slow = ask(t, (asked) => new Promise((resolve) => { arrive = () => resolve(host(2)(asked)); }));
  await new Promise(setImmediate);
  t.mock.timers.tick(60_000);
  const { text, later } = await slow;
  assert.equal(text, "index.html of 1");
  t.mock.method(globalThis, "fetch", host(2));
  arrive(); // behind that answer it is kept for the next, and this page goes on with what it has
  await later;
  assert.equal((await ask(t, offline, "app.js")).text, "app.js of 1");
  assert.equal((await ask(t, offline, "", "second")).text, "index.html of 2");
});
