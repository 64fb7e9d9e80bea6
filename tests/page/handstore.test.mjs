import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { isOutdated, loadHand, persist, saveHand } from "../../writemate_jax/web/page/handstore.js";
import { suits } from "../../writemate_jax/web/page/suits.js";

const KEY = "writemate.hand";
const stored = new Map();
globalThis.localStorage = {
  getItem: (key) => stored.get(key) ?? null,
  setItem: (key, text) => void stored.set(key, text),
};
const written = (count) => ({ lines: [{ text: "a", strokes: Array(count).fill([[1, 2], [3, 4]]) }], learned: null });

beforeEach(() => {
  stored.clear();
  loadHand();
});

test("what is kept can be loaded, and what could not be loaded is refused and leaves what was kept", () => {
  let count = 1;
  while (saveHand(written(count)) === "") count *= 2;
  assert.match(saveHand(written(count)), /no room/);
  assert.deepEqual(loadHand(), written(count / 2));
});

test("a learned hand keeps for which network it is, and is of use to that one alone", () => {
  const learned = { vector: [1, 2], gates: null, primer: null, trait: null, weights: "0123456789abcdef", ratio: 1 };
  assert.equal(saveHand({ ...written(1), learned }), "");
  assert.deepEqual(loadHand().learned, learned);
  const network = { weights: learned.weights, styleSize: 2 };
  assert.equal(suits(learned, network), true);
  assert.equal(suits(learned, { ...network, weights: "fedcba9876543210" }), false);
  assert.equal(suits({ ...learned, weights: null }, network), true); // it does not say
  assert.equal(suits({ ...learned, weights: null }, { ...network, styleSize: 3 }), false);
});

test("the browser is asked to keep it, and may know nothing of that or refuse", (t) => {
  const storage = { persist: t.mock.fn(async () => { throw new Error("no"); }) };
  for (const navigator of [{}, { storage: {} }, { storage }]) {
    Object.defineProperty(globalThis, "navigator", { value: navigator, configurable: true });
    persist();
  }
  assert.equal(storage.persist.mock.callCount(), 1);
});

test("another tab's ink makes this one's outdated, and ink without room does not", (t) => {
  saveHand(written(1));
  t.mock.method(localStorage, "setItem", () => { throw new Error("full"); });
  assert.notEqual(saveHand(written(2)), "");
  assert.equal(isOutdated(), false);
  stored.set(KEY, JSON.stringify(written(3)));
  assert.equal(isOutdated(), true);
  loadHand();
  assert.equal(isOutdated(), false);
  stored.delete(KEY);
  assert.equal(isOutdated(), true);
});
