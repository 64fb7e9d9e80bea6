import assert from "node:assert/strict";
import { test } from "node:test";

import { heightFor, SIZES } from "../../writemate_jax/web/page/sheet.js";
import { summary, tooLong } from "../../writemate_jax/web/page/summary.js";

const ink = (text, complete = true) => ({ text, complete });

test("ink is counted, and what became of it is said", () => {
  assert.equal(summary([], [], "note", 105), "");
  assert.equal(summary(["a"], [ink("a")], "note", 105), "1 line of ink.");
  assert.equal(summary(["a", "", "ü"], [ink("a"), null, ink("u")], "note", 105), "2 lines of ink. “ü” is written as “u”.");
  assert.match(summary(["a", "b"], [ink("a"), ink("b", false)], "note", 105), /^A line was cut before the end/);
});

test("a page that is longer than A4 is said to be so, with its size", () => {
  const said = (count, size = "page") => {
    const rows = Array(count).fill("a");
    return summary(rows, rows.map((text) => ink(text)), size, heightFor(size, count));
  };
  let fits = 1;
  while (heightFor("page", fits + 1) === SIZES.page.height) fits++;
  assert.equal(said(fits), `${fits} lines of ink.`);
  const longer = new RegExp(`longer than A4: 210 × ${heightFor("page", fits + 1)} mm.*sample.py --page A4`);
  assert.match(said(fits + 1), longer);
  assert.equal(said(fits + 1, "note"), `${fits + 1} lines of ink.`);
});

test("a text of too many lines is refused, with what helps", () => {
  assert.equal(tooLong(Array(40).fill("a"), "page", 40), "");
  const refused = (size) => tooLong(Array(41).fill("a"), size, 40);
  const said = /^That is 41 lines; at most 40 .*sample.py --page A4/;
  for (const size of Object.keys(SIZES)) assert.match(refused(size), said);
  assert.match(refused("card"), /larger paper/);
  assert.doesNotMatch(refused("page"), /larger paper/);
  assert.match(tooLong(Array(41).fill("a"), "page", 40, " So much is here."), /at once\. So much is here\. Shorten/);
  const empty = tooLong(["a", ...Array(99).fill(""), "b"], "page", 40);
  assert.match(empty, /101 lines, with the empty ones; a sheet has at most 100\. .*sample.py --page A4/);
});
