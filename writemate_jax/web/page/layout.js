/** Typed text into lines, and written lines onto the sheet. Pure. */
import { bounds } from "./ink.js";
import { baseline, heightFor, room, rules, SIZES } from "./sheet.js";
import { expectedWidth, mostLetters, USUAL } from "./widths.js";

export const LONGEST = 128; // characters that an engine takes for one line
const FILL = 0.96; // of a line, by the estimate
const SQUEEZE = 0.94; // a line is made this narrow without its height: that is not seen

const SPACES = /(?:[^\S\u00a0\u2007\u202f]|[\x1c-\x1f\x85])+/; // between words: a no-break space is within one
const MARK = "[\\p{Cf}\\p{M}\u0640\u30fc\uff70]"; // a line of these alone is none that an engine can write
const UNSEEN = new RegExp(`^(?:${MARK}|\\s)*$`, "u");
const LETTER = new RegExp(`.${MARK}{0,8}`, "gsu"); // which no cut parts

/**
 * The rows of a text: one string each, "" for an empty line. A word that fits on no line is cut; one without any ink
 * is left out.
 *
 * size: of the paper. ratio: how wide the hand is against the table of widths.
 */
export function wrap(text, size, ratio = USUAL) {
  const fits = (row) => mostLetters(row) <= LONGEST && expectedWidth(row) * ratio <= FILL * room(size);
  const rows = [];
  for (const paragraph of text.replace(/\s+$/, "").split(/\r\n|[\n\r\u2028\u2029]/)) {
    let row = "";
    const words = paragraph.split(SPACES).map((one) => one.trim()).filter((one) => !UNSEEN.test(one));
    while (words.length) {
      const word = words.shift();
      if (/\s/.test(word) && !fits(word)) { // on no row as a whole
        words.unshift(...word.split(/\s+/).filter((one) => !UNSEEN.test(one)));
        continue;
      }
      if (fits(row ? `${row} ${word}` : word)) {
        row = row ? `${row} ${word}` : word;
        continue;
      }
      if (row) rows.push(row);
      row = word;
      while (!fits(row)) {
        const cut = longestStart(row.match(LETTER), fits), rest = row.slice(cut.length);
        if (UNSEEN.test(rest)) {
          row = cut;
          break;
        }
        if (!UNSEEN.test(cut)) rows.push(cut);
        row = rest;
      }
    }
    rows.push(row);
  }
  return rows.length === 1 && !rows[0] ? [] : rows;
}

function longestStart(characters, fits) {
  let count = 1;
  while (count < characters.length && fits(characters.slice(0, count + 1).join(""))) count++;
  return characters.slice(0, count).join("");
}

/**
 * The sheet, in mm with y down: {width, height, lines, rules, color, pen}.
 *
 * rows: of `wrap`. inks: for each row the strokes of its ink in x-heights with y up, or null where there is none (yet).
 * lines: for each row null, or {strokes, ...} with what `about` says of it.
 */
export function place(rows, inks, { size, paper, color, pen, seed }, about = () => ({})) {
  const { width } = SIZES[size];
  const height = heightFor(size, rows.length);
  const lines = rows.map((text, row) => {
    if (!inks[row]?.length) return null;
    return { text, strokes: onto(inks[row], size, row, seed), ...about(row) };
  });
  return { width, height, lines, rules: rules(paper, size, height), color, pen };
}

function onto(ink, size, row, seed) {
  const { left, right } = bounds(ink);
  const { margin, letter } = SIZES[size];
  const wander = Math.min(0.6, Math.max(0, room(size) - (right - left))) * unrest(seed, row);
  const share = Math.min(1, room(size) / (right - left || 1));
  const tall = share >= SQUEEZE ? 1 : share; // far too wide: all of it is made smaller
  const y = baseline(size, row);
  return ink.map((stroke) => stroke.map(([px, py]) => [
    margin + ((px - left) * share + wander) * letter, y - py * tall * letter]));
}

/** A number from 0 to 1 that depends on both, so that lines do not all begin at the very same place. */
function unrest(seed, row) {
  let h = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(row + 1, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 15), 0x27d4eb2f);
  return ((h ^ (h >>> 13)) >>> 0) / 2 ** 32;
}
