import assert from "node:assert/strict";
import { test } from "node:test";

import { MACHINE, OffTheBed, toGcode } from "../../writemate_jax/web/page/formats/gcode.js";
import { createMachine } from "../../writemate_jax/web/page/machine.js";

/** The machine that the page describes where its storage holds this. */
function described(stored) {
  const fields = new Map();
  const field = () => ({ value: "", addEventListener() {}, get valueAsNumber() { return Number(this.value); } });
  globalThis.localStorage = { getItem: () => stored };
  globalThis.document = { getElementById: (id) => fields.get(id) ?? fields.set(id, field()).get(id) };
  return createMachine().machine();
}

test("a machine that was described before there was a unit of the pause is still read", () => {
  const before = {
    "bed-width": "300", "bed-depth": "200", "origin-x": "1", "origin-y": "2", feed: "900", travel: "2500",
    "pen-up": "M5", "pen-down": "M3 S90", "pen-seconds": "0.2",
  };
  const machine = {
    bed: [300, 200], origin: [1, 2], feed: 900, travel: 2500, penUp: "M5", penDown: "M3 S90", seconds: 0.2,
    dwellUnit: "s",
  };
  assert.deepEqual(described(JSON.stringify(before)), machine);
  assert.deepEqual(described(JSON.stringify({ ...before, "dwell-unit": "ms" })), { ...machine, dwellUnit: "ms" });
});

test("without a description, or with one that is none, the machine is the usual one", () => {
  for (const stored of [null, "null", "{", '{"feed": 7}']) assert.deepEqual(described(stored), MACHINE);
});

test("a command that is not all ASCII, or a speed that is written as 0, is refused", () => {
  const sheet = { width: 9, height: 9, lines: [], pen: 0.5, color: "#000000" };
  const machines = [{ penUp: "G0 Z\u22125" }, { penDown: "G0 Z5\u00b0" }, { penUp: " " }, { feed: 0.0001 }];
  for (const machine of machines) assert.throws(() => toGcode(sheet, { ...MACHINE, ...machine }), OffTheBed);
  assert.match(toGcode(sheet, MACHINE), /M2/);
});
