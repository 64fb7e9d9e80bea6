import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULTS, format, parse } from "../../writemate_jax/web/page/address.js";

const HAND = { vector: Array.from({ length: 32 }, (_, i) => Math.fround(Math.sin(i))), ratio: Math.fround(0.87) };

test("settings survive the address, whatever they are", () => {
  const settings = {
    text: 'Dear "Anna" & co,\n\n100% #1 = ünïcödé 漢字 +plus', seed: 2 ** 32 - 1, bias: 0.1, style: "a/b c",
    hand: HAND, pen: 0.55, color: "#00ff7f", paper: "squared", size: "page", speed: -0.5, attention: true,
  };
  assert.deepEqual(parse(`#${format(settings)}`), settings);
});

test("what an address says wrongly is as in the defaults", () => {
  for (const wrong of ["seed=-1", "seed=1.5", "seed=", "seed=NaN", "bias=3", "bias=Infinity", "pen=0", "color=red",
    "paper=constructor", "size=__proto__", "speed=9", "hand=AAAA", "hand=*", "toString=1", "%%%"]) {
    assert.deepEqual(parse(wrong), { ...DEFAULTS }, wrong);
  }
});

test("an address says every setting, so that other defaults change no old link", () => {
  const said = format(DEFAULTS);
  const others = { ...DEFAULTS, seed: 99, bias: 2, pen: 1, color: "#ffffff", paper: "ruled", size: "card", speed: 3 };
  assert.deepEqual(parse(said, others), { ...DEFAULTS });
});
