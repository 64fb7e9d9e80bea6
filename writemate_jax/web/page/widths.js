/** How wide a text will be, before it is written. The table is that of data/letter_size.py, rounded. */

// x-heights of a character with the space to its neighbour.
const TABLE = new Map();
const put = (characters, width) => [...characters].forEach((c) => TABLE.set(c, width));
put("ABCDEFGHKLNOPQRSTUVXYZ", 1.5);
put("023456789", 1.1);
put("MW", 2.0);
put("J", 1.3);
put("I", 0.8);
put("1", 0.6);
put("wm", 1.7);
put("abdghknpquvxy", 1.1);
put("zo", 1.0);
put("ce", 0.9);
put("frst", 0.8);
put("ijl", 0.55);
put(".,;:!'`|", 0.4);
put("\"()[]{}/\\", 0.7);
put("-?*^~", 0.9);
put("+=<>_#$", 1.2);
put("%&@", 1.6);
put(" ", 1.0);
const UNKNOWN = 1.1;
// Letters that the engines write for a character of these scripts, in the mean.
const SCRIPTS = [[/\p{Script=Han}/u, 3], [/\p{Script=Hangul}/u, 5], [/[\p{Script=Hiragana}\p{Script=Katakana}]/u, 2]];
// What they write for these; of other characters that are several it is what Unicode takes them apart into.
const SPELT = new Map([
  ["щ", "shch"], ["≠", "=/="], ["≤", "<="], ["≥", ">="], ["±", "+-"], ["€", "EUR"], ["£", "GBP"], ["©", "(C)"], ["®", "(R)"],
  ["°", "deg"], ["џ", "dzh"], ...[..."шжчцюяхєљњђθχψŋѕœæßþ«»"].map((c) => [c, "nn"]),
]);

// Real ink is that much wider than the table says, where the hand's own ratio is not known.
export const USUAL = 0.87;

/** x-heights that a text takes, by the table alone. */
export function expectedWidth(text) {
  let sum = 0;
  for (const c of text) sum += widthOf(c);
  return sum;
}

function widthOf(c) {
  const known = TABLE.get(c);
  if (known !== undefined) return known;
  const letters = spelt(c);
  return [...letters].length > 1 ? expectedWidth(letters) : UNKNOWN * inTheMean(c);
}

/** The letters of a character of the scripts that are known in the mean alone; 1 for all others. */
function inTheMean(c) {
  return c < "\u0e00" ? 1 : SCRIPTS.find(([script]) => script.test(c))?.[1] ?? 1;
}

/** What a character of no such script is written as. */
function spelt(c) {
  if (c < "\u0080" || inTheMean(c) > 1) return c;
  return SPELT.get(c.toLowerCase()) ?? c.normalize("NFKD").replace(/\p{M}/gu, "");
}

/** About the most letters that a text is written as. */
export function mostLetters(text) {
  let sum = 0;
  for (const c of text) sum += inTheMean(c) > 1 ? inTheMean(c) + 1 : Math.max(1, [...spelt(c)].length);
  return sum;
}

/** The share of the line's width that lies left of each character's middle. */
export function middles(text) {
  const whole = expectedWidth(text) || 1;
  let sum = 0;
  return [...text].map((c) => {
    const width = expectedWidth(c);
    sum += width;
    return (sum - width / 2) / whole;
  });
}
