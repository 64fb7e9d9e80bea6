import assert from "node:assert/strict";
import { test } from "node:test";

import { replaced } from "../../writemate_jax/web/page/replaced.js";

test("characters that are written as others are named once, each with what stands for it", () => {
  assert.equal(replaced([["Grüße an Jürgen", "Grusse an Jurgen"]]), "“ü” is written as “u”, “ß” as “ss”.");
  assert.equal(replaced([["für den Fluß", "fur den Fluss"], ["über", "uber"]]), "“ü” is written as “u”, “ß” as “ss”.");
  assert.equal(replaced([["éeé ßs sß", "eee sss sss"]]), "“é” is written as “e”, “ß” as “ss”.");
  assert.equal(replaced([["“don’t” ﬁn… œuf", "\"don't\" fin... oeuf"]]),
    '““” is written as “"”, “’” as “\'”, “”” as “"”, “ﬁ” as “fi”, “…” as “...”, “œ” as “oe”.');
  assert.equal(replaced([["cafe\u0301", "cafe"]]), "“é” is written as “e”.");
});

test("nothing is said of spaces, and of marks that have no ink", () => {
  assert.equal(replaced([]), "");
  assert.equal(replaced([["a  b\u00a0c ", "a b c"], ["Donau\u00addampf", "Donaudampf"], ["a\u200db", "ab"]]), "");
});

test("where characters cannot be told apart words are named, and where words cannot, lines", () => {
  assert.equal(replaced([["漢字 here", "HanZi here"]]), "“漢字” is written as “HanZi”.");
  assert.equal(replaced([["‘œ’", "'oe'"]]), "“‘œ’” is written as “'oe'”.");
  assert.equal(replaced([["a ー b", "a b"]]), "“a ー b” is written as “a b”.");
  assert.equal(replaced([["aー", "a"]]), "“ー” is written as nothing.");
});

test("of many changes the first are named, and the others counted", () => {
  const said = replaced([["абвгдезийк", "abvgdezijk"]]);
  assert.equal(said, "“а” is written as “a”, “б” as “b”, “в” as “v”, “г” as “g”, “д” as “d”, “е” as “e”, “з” as “z”,"
    + " “и” as “i”, and 2 more.");
});
