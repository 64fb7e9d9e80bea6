import assert from "node:assert/strict";
import { test } from "node:test";

import { likeTheCorpus } from "../../writemate_jax/web/page/engine/own_ink.js";
import { write } from "../../writemate_jax/web/page/engine/writing.js";

const LETTERS = { parts: { a: [[0, 1, 2]] }, widths: { a: 1 }, wordGap: 1 };

test("ink of absurd length is refused before points are made of all of it", () => {
  const ink = { width: [0.4, 2.5], strokes: 6, points: [2, 22], spacing: 0.9, get sparse() { throw new Error("resampled"); } };
  const zigzag = (count) => [Array.from({ length: count }, (_, i) => [3 * (i % 2), (i >> 1) % 2])];
  const made = (strokes) => () => likeTheCorpus(strokes, "aaa", { letters: LETTERS, ink });
  assert.throws(made(zigzag(50)), /resampled/);
  const refused = [zigzag(2000), zigzag(30_000), zigzag(50).map((stroke) => [...stroke, [1e200, 0]]),
    zigzag(50).map((stroke) => [...stroke, [0, Infinity]])];
  for (const strokes of refused) assert.throws(made(strokes), { name: "EngineError", kind: "ink" });
});

test("a pen that runs away is stopped", () => {
  const sampling = { moreBias: 0, reach: 0, pointsPerCharacter: 30, freeCharacters: 1 };
  for (const far of [1e6, NaN]) {
    const network = {
      header: { alphabet: "a", mean: [0, 0], std: [1, 1], network: { sigmaFloor: 0.02, rhoMax: 0.98 }, sampling },
      start() {}, step() {}, output: () => [50, 0, far, 0, 0, 0, 0], phi: () => new Float32Array(2),
    };
    const line = { text: "a", seed: 1, bias: 0, candidates: 1, hand: { style: [], primer: null, trait: null } };
    assert.throws(() => [...write(network, [line], {})], { name: "EngineError", kind: "invalid" });
  }
});
