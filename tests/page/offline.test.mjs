import assert from "node:assert/strict";
import { test } from "node:test";

const SCOPE = "http://nowhere.test/";
const heard = {}, kept = new Map();
let put = async (request, answer) => void kept.set(request.url, await answer.text());
Object.assign(globalThis, {
  addEventListener: (name, listener) => { heard[name] = listener; },
  registration: { scope: SCOPE },
  caches: { open: async () => ({
    put: (...given) => put(...given),
    match: async ({ url }) => kept.has(url) ? new Response(kept.get(url)) : undefined,
  }) },
});
await import("../../writemate_jax/web/page/offline.js");

/** What the worker answers, and what it goes on with behind the answer. */
function ask(t, fetched) {
  t.mock.method(globalThis, "fetch", fetched);
  t.mock.method(console, "info", () => {});
  let answer, later;
  heard.fetch({ request: new Request(`${SCOPE}app.js`), respondWith: (one) => { answer = one; },
    waitUntil: (one) => { later = one; } });
  return answer.then(async (found) => ({ text: await found.text(), later }));
}

test("a good answer is given whether it can be kept or not; without a network, the kept one", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const keeps = put;
  for (const slow of [async () => { throw new TypeError("Vary: *"); }, () => new Promise(() => {})]) {
    put = slow;
    assert.equal((await ask(t, async () => new Response("new"))).text, "new");
  }
  const offline = async () => { throw new TypeError("no network"); };
  await assert.rejects(ask(t, offline), /no network/);
  put = keeps;
  await (await ask(t, async () => new Response("kept"))).later;
  assert.equal((await ask(t, async () => new Response("gone", { status: 404 }))).text, "gone");
  assert.equal((await ask(t, offline)).text, "kept");
  const broken = async () => new Response("sorry", { status: 503 });
  assert.equal((await ask(t, broken)).text, "kept");
  kept.clear();
  assert.equal((await ask(t, broken)).text, "sorry");
});

test("a connection that hangs is waited for only where nothing is kept", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  kept.clear();
  let arrive;
  const slow = ask(t, () => new Promise((resolve) => { arrive = resolve; }));
  t.mock.timers.tick(60_000);
  await new Promise(setImmediate);
  arrive(new Response("late"));
  assert.equal((await slow).text, "late");

  kept.set(`${SCOPE}app.js`, "kept");
  const hanging = ask(t, () => new Promise(() => {}));
  t.mock.timers.tick(60_000);
  assert.equal((await hanging).text, "kept");
  const next = ask(t, () => new Promise(() => {})); // is not waited for as long as that once more
  t.mock.timers.tick(0);
  assert.equal((await next).text, "kept");
  t.mock.timers.tick(60_000);
  t.mock.method(Date, "now", () => Infinity);
  assert.equal((await ask(t, async () => new Response("new"))).text, "new");
});
