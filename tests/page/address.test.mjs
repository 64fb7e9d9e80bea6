import assert from "node:assert/strict";
import { test } from "node:test";

import { carried, DEFAULTS, format, parse } from "../../writemate_jax/web/page/address.js";
import { readHand } from "../../writemate_jax/web/page/handstore.js";

const HAND = {
  vector: Array.from({ length: 32 }, (_, i) => Math.fround(Math.sin(i))), gates: null, ratio: Math.fround(0.87),
  weights: "0123456789abcdef",
  primer: { text: "Mr. O'Hara, 7. May", strokes: [[0, 1.5, 0], [-0.25, -100, 1], [99.5, 0.0078125, 0], [3, 0, 1]] },
};

test("settings survive the address, whatever they are", () => {
  const settings = {
    text: 'Dear "Anna" & co,\n\n100% #1 = ünïcödé 漢字 +plus', seed: 2 ** 32 - 1, bias: 0.1, style: "a/b c",
    hand: HAND, pen: 0.55, color: "#00ff7f", paper: "squared", size: "page", speed: -0.5, attention: true,
  };
  assert.deepEqual(parse(`#${format(settings)}`), settings);
  for (const less of [{ primer: null }, { weights: null }, { primer: null, weights: null },
    { vector: HAND.vector.slice(0, 5) }, { primer: { ...HAND.primer, text: "a*b.c*" } }]) {
    const bare = { ...settings, hand: { ...HAND, ...less } };
    assert.deepEqual(parse(`#${format(bare)}`), bare);
  }
});

test("a hand as a link has it survives the address, whatever it was before", () => {
  const strokes = Array.from({ length: 300 }, (_, i) => [Math.sin(i) / 3, Math.cos(7 * i) / 3, i % 9 ? 0 : 1]);
  const learned = { vector: HAND.vector.map((x) => x / 3), gates: Array(2048).fill(0.1234), ratio: 0.9,
    primer: { text: "a b", strokes }, weights: "fedcba9876543210" };
  const said = carried(learned);
  assert.equal(said.gates, null);
  assert.deepEqual(carried(said), said);
  assert.deepEqual(parse(format({ ...DEFAULTS, hand: { ...said, gates: learned.gates } })).hand, said);
  said.primer.strokes.forEach((row, i) => row.forEach((value, k) => assert.ok(Math.abs(value - strokes[i][k]) < 0.004)));
});

test("what an address says wrongly is as in the defaults", () => {
  for (const wrong of ["seed=-1", "seed=1.5", "seed=", "seed=NaN", "bias=3", "bias=Infinity", "pen=0", "color=red",
    "paper=constructor", "size=__proto__", "speed=9", "hand=AAAA", "hand=*",
    `hand=${format({ ...DEFAULTS, hand: HAND }).match(/hand=([^.]*)/)[1]}.A.x`, "toString=1", "%%%"]) {
    assert.deepEqual(parse(wrong), { ...DEFAULTS }, wrong);
  }
});

test("a hand beyond what engines take is none, in an address and in a file, whose ink stays", () => {
  const { vector, primer: { strokes } } = HAND;
  const said = (hand) => parse(format({ ...DEFAULTS, hand: { ...HAND, ...hand } })).hand;
  const lines = [{ text: "a", strokes: [[[0, 1]]] }];
  const kept = (hand) => readHand(JSON.stringify({ lines, learned: { ...HAND, ...hand } }));
  assert.deepEqual([said({}), kept({}).learned], [HAND, { ...HAND, trait: null }]);
  const line = (text, rows = strokes) => ({ primer: { text, strokes: rows } });
  for (const wrong of [{ vector: vector.with(3, 33) }, { vector: [] }, { vector: Array(257).fill(0) }, { ratio: -1 },
    { weights: "network" }, line(""), line("a".repeat(47)), line("a", []), line("a", [[101, 0, 1]]),
    line("a", Array(1025).fill([0.1, 0, 0]))]) {
    assert.equal(said(wrong), null);
    assert.deepEqual(kept(wrong), { lines, learned: null });
  }
});

test("an address says every setting, so that other defaults change no old link", () => {
  const said = format(DEFAULTS);
  const others = { ...DEFAULTS, seed: 99, bias: 2, pen: 1, color: "#ffffff", paper: "ruled", size: "card", speed: 3 };
  assert.deepEqual(parse(said, others), { ...DEFAULTS });
});
