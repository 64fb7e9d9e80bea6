import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

import { inOrder, toPlotterSvg, travel } from "../../writemate_jax/web/page/formats/plotter.js";
import { toGcode } from "../../writemate_jax/web/page/formats/gcode.js";
import { before, bezier, strokesOf } from "../../writemate_jax/web/page/ink.js";
import { shared, timeline } from "../../writemate_jax/web/page/timeline.js";

const ROWS = [[0, 1, 0], [1, -1, 0], [0.5, 0, 1], [2, 2, 1], [-1, -1, 0], [0.3, 0.3, 1]];

test("strokes are the sums of offsets, parted where the pen lifts", () => {
  const near = strokesOf(ROWS).map((stroke) => stroke.map((place) => place.map((value) => Number(value.toFixed(9)))));
  assert.deepEqual(near, [[[0, 1], [1, 0], [1.5, 0]], [[3.5, 2]], [[2.5, 1], [2.8, 1.3]]]);
  assert.deepEqual(strokesOf([]), []);
});

test("a part of a segment ends on the segment", () => {
  const [segment] = bezier([[0, 0], [3, 1], [4, 5]]);
  assert.deepEqual(before(segment, 1)[3], segment[3]);
  const half = before(segment, 0.5)[3];
  const expected = [0, 1].map((a) => (segment[0][a] + 3 * segment[1][a] + 3 * segment[2][a] + segment[3][a]) / 8);
  assert.ok(Math.hypot(half[0] - expected[0], half[1] - expected[1]) < 1e-12);
});

test("the engine computes by sums, products and square roots alone, whose last bit no browser may choose", (t) => {
  t.mock.method(Math, "hypot", () => assert.fail());
  assert.equal(bezier([[0, 0], [3, 1], [4, 5]]).length, 2);
  const engine = new URL("../../writemate_jax/web/page/engine/", import.meta.url);
  for (const name of readdirSync(engine).filter((one) => one.endsWith(".js"))) {
    const code = readFileSync(new URL(name, engine), "utf8").replace(/\/\*[^]*?\*\/|\/\/.*/g, "");
    const chosen = code.match(/Math\.(?!abs|ceil|floor|fround|imul|max|min|PI|round|sign|sqrt|SQRT2|trunc)\w+|(?<!\b2 )\*\*/g);
    assert.equal(chosen, null, name);
  }
});

test("the pen's clock never goes back, and stops for every lift", () => {
  const strokes = strokesOf(ROWS);
  const { starts, end } = timeline(strokes, 40);
  starts.forEach((start, i) => i && assert.ok(start >= starts[i - 1] + strokes[i - 1].length / 40 + 0.12));
  assert.ok(end > starts.at(-1));
  assert.equal(shared(ROWS, ROWS.slice(0, 2)), 2);
});

test("a plotter's order draws all strokes, and travels no more than the order of writing", () => {
  const strokes = strokesOf(ROWS);
  const [ordered] = inOrder({ lines: [{ text: "x", strokes }] });
  const whole = (some) => JSON.stringify(some.map((stroke) => JSON.stringify([...stroke].sort())).sort());
  assert.equal(whole(ordered), whole(strokes));
  assert.ok(travel(ordered, [0, 0]) <= travel(strokes, [0, 0]));
});

test("ink beyond the bed, or a machine that is none, is refused", () => {
  const sheet = { width: 50, height: 50, lines: [{ text: "(a);b", strokes: [[[10, 10], [40, 40]]] }] };
  const pen = { penUp: "M5", penDown: "M3 S90", seconds: 0.2, dwellUnit: "s" };
  const machine = { bed: [45, 45], origin: [5, -5], feed: 1000, travel: 2000, ...pen };
  const program = toGcode(sheet, machine);
  assert.match(program, /^; _a__b\nG21/);
  assert.match(program, /G0 X15 Y35 F2000\nM3 S90\nG4 P0.2\nG1 /);
  for (const wrong of [{ bed: [39, 45] }, { feed: 0 }, { travel: NaN }, { penUp: "" }, { penDown: "G0\nM112" },
    { origin: [5.5, 0] }, { origin: [0, NaN] }, { origin: [0, -11] }, { seconds: -1 }, { seconds: NaN },
    { dwellUnit: "" }, { dwellUnit: "toString" }]) {
    assert.throws(() => toGcode(sheet, { ...machine, ...wrong }), JSON.stringify(wrong));
  }
});

test("a long paragraph becomes comments that every machine can take", () => {
  const words = "a paragraph of a letter that goes on over many lines of its page ";
  const sheet = { width: 50, height: 50, lines: [{ text: words.repeat(20), strokes: [[[10, 10], [40, 40]]] }] };
  const comments = toGcode(sheet).match(/^; .*$/gm).map((line) => line.slice(2));
  assert.ok(comments.every((part) => part.length <= 70) && comments.length < 25);
  assert.equal(comments.join(" "), words.repeat(20).trim());
});

test("a plotter's layers are named by their numbers first", () => {
  const lines = ["28 June", "% of", "!Hola"].map((text) => ({ text, strokes: [[[1, 1], [4, 4]]] }));
  const labels = toPlotterSvg({ width: 9, height: 9, lines, pen: 0.5, color: "#000000" }).match(/label="[^"]*"/g);
  assert.deepEqual(labels, ['label="1: 28 June"', 'label="2: % of"', 'label="3: !Hola"']);
});

test("a pause is written in the machine's unit, in whole milliseconds", () => {
  const sheet = { width: 50, height: 50, lines: [{ text: "a", strokes: [[[10, 10], [40, 40]]] }] };
  const pauses = (seconds, dwellUnit) => toGcode(sheet, { seconds, dwellUnit }).match(/^G4 .*$/gm);
  const cases = [[0.2, "s", "P0.2"], [0.2, "ms", "P200"], [0.0007, "ms", "P1"], [1.005, "ms", "P1005"]];
  for (const [seconds, unit, pause] of cases) {
    assert.deepEqual(pauses(seconds, unit), Array(3).fill(`G4 ${pause}`));
  }
  assert.equal(pauses(0, "ms"), null);
});
