import assert from "node:assert/strict";
import { test } from "node:test";

const SCOPE = "http://nowhere.test/", FILES = ["index.html", "app.js"];
const heard = {}, stores = new Map();
let full = false;

/** A store of answers as a browser's, so far as the worker uses it. */
class Store extends Map {
  address(request) { return new URL(request.url ?? request, SCOPE).href; }

  async put(request, answer) { this.set(this.address(request), await answer.text()); }

  async match(request) {
    const found = this.get(this.address(request));
    return found === undefined ? undefined : new Response(found);
  }

  async addAll(requests) {
    const answers = await Promise.all(requests.map((request) => fetch(request)));
    if (full) throw Object.assign(new Error("no room"), { name: "QuotaExceededError" });
    if (!answers.every((answer) => answer.ok)) throw new TypeError("not all are there");
    await Promise.all(answers.map((answer, i) => this.put(requests[i], answer)));
  }
}

Object.assign(globalThis, {
  addEventListener: (name, listener) => { heard[name] = listener; },
  registration: { scope: SCOPE },
  Request: class { constructor(url, options) { Object.assign(this, { url: new URL(url, SCOPE).href, ...options }); } },
  caches: {
    open: async (name) => stores.get(name) ?? stores.set(name, new Store()).get(name),
    keys: async () => [...stores.keys()],
    delete: async (name) => stores.delete(name),
  },
});
await import("../../writemate_jax/web/page/offline.js");

/** A host of one version, of which some files are missing. */
const host = (site, missing = []) => async (asked) => {
  const name = new URL(asked.url ?? asked, SCOPE).pathname.slice(1) || "./";
  if (missing.includes(name)) throw new TypeError("the connection is lost");
  if (name === "config.json") return new Response(JSON.stringify({ site, files: FILES }));
  return new Response(`${name} of ${site}`);
};
const offline = async () => { throw new TypeError("no network"); };

/** What the worker answers to the page's opening, or to a file that it asks for. */
async function ask(t, network, file = "app.js") {
  t.mock.method(globalThis, "fetch", network);
  t.mock.method(console, "info", () => {});
  let answer, later;
  heard.fetch({
    request: { url: `${SCOPE}${file}`, method: "GET", mode: file ? "no-cors" : "navigate" },
    respondWith: (one) => { answer = one; }, waitUntil: (one) => { later = one; },
  });
  const text = await (await answer).text();
  return { text, later };
}

function install(t, network) {
  t.mock.method(globalThis, "fetch", network);
  let done;
  heard.install({ waitUntil: (one) => { done = one; } });
  return done;
}

test("a site is answered from one version, of which nothing is missed", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  stores.clear();
  await install(t, host(1));
  assert.equal((await ask(t, offline, "")).text, "./ of 1");
  assert.equal((await ask(t, offline)).text, "app.js of 1");
  assert.equal((await ask(t, host(2))).text, "app.js of 1"); // the page that asks is of that version
  assert.equal((await ask(t, host(2), "")).text, "./ of 2");
  assert.equal((await ask(t, host(3))).text, "app.js of 2");
  assert.equal((await ask(t, host(3), "other.txt")).text, "other.txt of 3"); // none of the site's
  assert.equal(stores.size, 1);
});

test("a version of which a part alone comes is not mixed with the one before", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  stores.clear();
  await install(t, host(1));
  assert.equal((await ask(t, host(2, ["app.js"]), "")).text, "./ of 1");
  for (const file of FILES) assert.equal((await ask(t, offline, file)).text, `${file} of 1`);
  const broken = async () => new Response("sorry", { status: 503 });
  assert.equal((await ask(t, broken, "")).text, "./ of 1");
  assert.equal((await ask(t, host(2), "")).text, "./ of 2");
});

test("where nothing can be kept, or the site is no longer there, the network is answered", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  t.after(() => { full = false; });
  stores.clear();
  await install(t, host(1));
  full = true;
  assert.equal((await ask(t, host(2), "")).text, "./ of 2");
  assert.equal((await ask(t, host(2))).text, "app.js of 2");
  await assert.rejects(ask(t, offline), /no network/);
  full = false;
  assert.equal((await ask(t, host(2), "")).text, "./ of 2");
  assert.equal((await ask(t, offline)).text, "app.js of 2");
  const gone = async () => new Response("gone", { status: 404 });
  assert.equal((await ask(t, gone, "")).text, "gone");
  await assert.rejects(ask(t, offline), /no network/);
});

test("a connection that hangs is waited for only for a while", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  stores.clear();
  await install(t, host(1));
  const hanging = () => new Promise(() => {});
  const first = ask(t, hanging, "");
  await new Promise(setImmediate);
  t.mock.timers.tick(60_000);
  assert.equal((await first).text, "./ of 1");
  const next = ask(t, hanging, ""); // is not waited for as long as that once more
  await new Promise(setImmediate);
  t.mock.timers.tick(0);
  assert.equal((await next).text, "./ of 1");

  t.mock.method(Date, "now", () => Infinity);
  let arrive;
  const slow = ask(t, (asked) => new Promise((resolve) => { arrive = () => resolve(host(2)(asked)); }), "");
  await new Promise(setImmediate);
  t.mock.timers.tick(60_000);
  const { text, later } = await slow;
  assert.equal(text, "./ of 1");
  t.mock.method(globalThis, "fetch", host(2));
  arrive(); // behind that answer it is kept for the next
  await later;
  assert.equal((await ask(t, offline, "")).text, "./ of 2");
});
