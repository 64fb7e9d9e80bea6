import assert from "node:assert/strict";
import { test } from "node:test";

import { bounds } from "../../writemate_jax/web/page/ink.js";
import { LONGEST, place, wrap } from "../../writemate_jax/web/page/layout.js";
import { baseline, PAPERS, room, SIZES } from "../../writemate_jax/web/page/sheet.js";
import { expectedWidth } from "../../writemate_jax/web/page/widths.js";

const TEXTS = [
  "Dear Anna,\n\n  it rains and   it rains, and the river is up to the third step of the mill.\nYours, B.",
  "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaftsvorsitzender",
  "i".repeat(400), "W", "a\r\nb\rc", "👩‍👩‍👧 ".repeat(60),
];
const LOOK = { paper: "ruled", color: "#000000", pen: 0.4, seed: 5 };

test("wrapping keeps every character, and no row is too wide or too long", () => {
  for (const text of TEXTS) {
    for (const size of Object.keys(SIZES)) {
      for (const ratio of [0.5, 0.87, 1.4]) {
        const rows = wrap(text, size, ratio);
        assert.equal(rows.join("").replace(/\s/g, ""), text.replace(/\s/g, ""));
        for (const row of rows) {
          assert.ok([...row].length <= LONGEST);
          assert.ok([...row].length <= 1 || expectedWidth(row) * ratio <= room(size));
          assert.equal(row, row.trim());
        }
      }
    }
  }
});

test("no row ends at a no-break space, but where all spaces are such", () => {
  const text = "Elle a dit\u00a0: «\u202fOui\u202f», et il y a 10\u00a0km. ".repeat(8);
  const rows = wrap(text, "note");
  assert.ok(rows.length > 4);
  assert.ok(!rows.some((row) => /^(:|»|km)|(«|10)$/.test(row)), rows);
  const copied = wrap(text.replaceAll(" ", "\u00a0"), "note");
  assert.ok(copied.length > 4 && copied.every((row) => row === row.trim()));
  assert.equal(copied.join("\u00a0").replace(/\s/g, ""), text.replace(/\s/g, ""));
  assert.deepEqual(copied.flatMap((row) => row.split(/\s/)), text.trim().split(/\s/)); // no word is cut
  const wide = "WOMEN\u00a0AND\u00a0MEN\u00a0WELCOME\u00a0HERE";
  for (const ratio of [0.87, 1.3]) {
    const parted = wrap(wide, "card", ratio);
    assert.ok(parted.length > 1 && parted.every((row) => row === row.trim()));
    assert.deepEqual(parted.flatMap((row) => row.split(/\s/)), wide.split(/\s/));
  }
});

test("what is spelt with several letters has the room of them", () => {
  const [row] = wrap("汉".repeat(200), "page");
  assert.ok([...row].length * 4 <= LONGEST);
  assert.equal(expectedWidth("汉字"), 6 * expectedWidth("é"));
  assert.equal(wrap("한".repeat(200), "page").join(""), "한".repeat(200));
});

test("paragraphs stay apart, and empty lines between them stay", () => {
  assert.deepEqual(wrap("one\n\ntwo\n", "page"), ["one", "", "two"]);
  assert.deepEqual(wrap(" \n ", "page"), []);
  assert.deepEqual(wrap("", "page"), []);
});

test("a line without any ink is an empty one", () => {
  for (const unseen of ["\u200b", "\u00ad \u2060", "\u0301", "\ufe0f", "ー"]) {
    assert.deepEqual(wrap(`dear\n${unseen}\nbob ${unseen}`, "page"), ["dear", "", "bob"]);
    assert.deepEqual(wrap(unseen, "page"), []);
  }
});

test("no row of a word that is cut has marks alone, and none begins with one", () => {
  for (const size of Object.keys(SIZES)) {
    for (let n = 1; n <= 80; n++) {
      for (const word of [`${"コ".repeat(n)}ー`, `${"ท".repeat(n)}ที่`, "e\u0301".repeat(n), `${"W".repeat(n)}\u0301`]) {
        const rows = wrap(`${word} end`, size);
        assert.ok(!rows.some((row) => /^[\p{M}ー]/u.test(row)), rows);
        assert.equal(rows.join("").replaceAll(" ", ""), `${word}end`);
      }
    }
  }
  for (const text of [`す${"ー".repeat(54)}い`, `あ${"\u0301".repeat(90)}`, "\u200b\u00a0\u200b\nso", `${"W".repeat(70)}\u00a0\u200b`]) {
    const rows = wrap(text, "card");
    assert.ok(!rows.some((row) => row && /^[\p{M}\p{Cf}\sー]*$/u.test(row)), rows);
  }
  const rows = wrap(`W${"\u0301".repeat(300)} end`, "note"); // of more marks than a row has room for, those are left out
  assert.deepEqual(rows.map((row) => row[0]), ["W", "e"]);
  assert.deepEqual(wrap("a\x85b\x1cc", "page"), ["a b c"]);
});

test("text typed at the end changes no row but the last ones", () => {
  const words = TEXTS[0].split(" ");
  for (let i = 1; i < words.length; i++) {
    const [before, after] = [words.slice(0, i), words.slice(0, i + 1)].map((some) => wrap(some.join(" "), "card"));
    assert.deepEqual(after.slice(0, before.length - 1), before.slice(0, -1));
  }
});

test("ink stands on its baseline, within the margins, however wide it is", () => {
  for (const size of Object.keys(SIZES)) {
    for (const width of [1, 20, 60, 500]) {
      const ink = [[[-3, 0], [width - 3, 1]], [[width / 2, -1], [width / 2, 2]]];
      const { lines, height } = place(["a", "", "b"], [ink, null, ink], { ...LOOK, size });
      assert.equal(lines[1], null);
      [0, 2].forEach((row) => {
        const { left, right, bottom, top } = bounds(lines[row].strokes);
        const { margin, width: whole } = SIZES[size];
        assert.ok(left >= margin - 1e-9 && right <= whole - margin + 1e-9);
        assert.ok(Math.abs(lines[row].strokes[0][0][1] - baseline(size, row)) < 1e-9);
        assert.ok(bottom > 0 && top < height);
      });
    }
  }
});

test("rules lie on the sheet, and the baselines on them", () => {
  for (const size of Object.keys(SIZES)) {
    for (const paper of Object.keys(PAPERS)) {
      const { rules, width, height } = place(["a"], [null], { ...LOOK, size, paper });
      const all = [...rules.lines.flat(), ...rules.dots];
      assert.equal(all.length > 0, paper !== "blank");
      assert.ok(all.every(([x, y]) => x >= 0 && x <= width && y >= 0 && y <= height));
      const ys = all.map(([, y]) => y);
      for (const row of paper === "blank" ? [] : [0, 1, 2]) {
        assert.ok(ys.some((y) => Math.abs(y - baseline(size, row)) < 1e-6), `${paper} ${row}`);
      }
    }
  }
});
