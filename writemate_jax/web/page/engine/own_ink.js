/**
 * Ink that somebody draws, made like the open corpus' lines: letter size, baseline, order and points. As
 * writemate_jax/data/own_ink.py, letter_size.py and delayed_strokes.py.
 */
import { hypot } from "./elementary.js";
import { deskewed } from "./levelling.js";
import { resampled } from "./resampling.js";
import { unfit } from "./unfit.js";

const MOST_POINTS = 20_000; // of a line: no writing comes near, and more takes too long

/**
 * Rows [dx, dy, eos] in x-heights, from the left edge on the baseline.
 *
 * strokes: [[[x, y], ...], ...] in any unit, y up. text: what they say, in the alphabet. header: its letters and ink.
 * Throws EngineError "ink" for ink that can hardly be that text.
 */
export function likeTheCorpus(strokes, text, { letters, ink }) {
  if (!strokes.length || strokes.some((stroke) => !stroke.length) || !strokes.flat(2).every(Number.isFinite)) {
    throw unfit("none", text);
  }
  if (strokes.flat().length > MOST_POINTS) throw unfit("much", text);
  const count = [...text].filter((c) => c !== " ").length;
  if (strokes.length > ink.strokes * count) throw unfit("many", text);
  if (!(measure(strokes, text, letters) > 0)) throw unfit("height", text);
  // Without its slope first: a size that counts this as height leaves the dots of a sloping line behind the word.
  const straight = deskewed(strokes);
  const size = measure(straight, text, letters);
  const set = normalised(inReadingOrder(straight, size), text, letters, size);
  const wide = Math.max(...set.flat().map(([x]) => x)) / expectedWidth(text, letters);
  if (!(wide > ink.width[0] && wide < ink.width[1])) throw unfit(wide >= ink.width[1] ? "wide" : "narrow", text);
  if (set.length < text.split(" ").length) throw unfit("few", text);
  // To look at ink costs as much as it is long; nobody's is four times as long as so many points can lie on.
  if (!(lengthOf(set) / count <= 4 * ink.points[1] * ink.spacing)) throw unfit("much", text);
  const found = resampled(set, ink);
  const each = found.flat().length / count;
  if (!(each >= ink.points[0] && each <= ink.points[1])) throw unfit(each < ink.points[0] ? "little" : "much", text);
  return rowsOf(found);
}

/** Rows of strokes, from the origin. */
export function rowsOf(strokes) {
  let [x, y] = [0, 0];
  return strokes.flatMap((stroke) => stroke.map(([nextX, nextY], i) => {
    const row = [nextX - x, nextY - y, i === stroke.length - 1 ? 1 : 0];
    [x, y] = [nextX, nextY];
    return row;
  }));
}

/** Strokes with each delayed one (the dot of an i) put after the last stroke that begins left of its middle. */
export function inReadingOrder(strokes, delay) {
  const ordered = [];
  let front = -Infinity;
  for (const stroke of strokes) {
    const xs = stroke.map(([x]) => x), left = Math.min(...xs), right = Math.max(...xs);
    const middle = (left + right) / 2;
    let place = ordered.length;
    if (middle < front - delay) while (place > 0 && ordered[place - 1].left > middle) place--;
    ordered.splice(place, 0, { left, stroke });
    front = Math.max(front, right);
  }
  return ordered.map(({ stroke }) => stroke);
}

/** The height of an x in the ink's unit: its spread in y over the one that the text lets expect; 0 without height. */
function measure(strokes, text, letters) {
  return moments(strokes)[1] / expectedMoments(text, letters)[1];
}

/** Where the baseline of written ink lies, in x-heights: as letter_size.baseline. */
export function baseline(strokes, text, letters) {
  const known = [...text].filter((c) => letters.parts[c]);
  if (!known.length || strokes.flat().length < 2) return 0;
  const [mean, deviation] = moments(strokes), [expected, usual] = expectedMoments(known, letters);
  const size = Math.max(1 / letters.sizes, Math.min(letters.sizes, deviation / usual));
  return (known.length / (known.length + letters.few)) * Math.max(-1, Math.min(1, mean - expected * size));
}

function normalised(strokes, text, letters, size) {
  const base = moments(strokes)[0] - expectedMoments(text, letters)[0] * size;
  const left = Math.min(...strokes.flat().map(([x]) => x));
  return strokes.map((stroke) => stroke.map(([x, y]) => [(x - left) / size, (y - base) / size]));
}

/** Mean and standard deviation of y over the ink, each stretch weighted by its length. */
function moments(strokes) {
  const stretches = strokes.flatMap((stroke) => stroke.slice(1).map(([x, y], i) => (
    { bottom: stroke[i][1], top: y, length: hypot(x - stroke[i][0], y - stroke[i][1]) })));
  return spread(stretches) ?? [strokes.flat().reduce((sum, [, y]) => sum + y, 0) / strokes.flat().length, 0];
}

/** Likewise, as the text lets expect, in x-heights. */
function expectedMoments(text, { parts }) {
  const stretches = [...text].flatMap((c) => parts[c] ?? []).map(([bottom, top, length]) => ({ bottom, top, length }));
  const [mean, deviation] = spread(stretches);
  return [mean, Math.max(deviation, 0.01)];
}

/** Mean and standard deviation of y where ink lies evenly between a bottom and a top; null without any length. */
function spread(stretches) {
  const whole = stretches.reduce((sum, { length }) => sum + length, 0);
  if (!(whole > 0)) return null;
  const average = (of) => stretches.reduce((sum, one) => sum + one.length * of(one), 0) / whole;
  const mean = average(({ bottom, top }) => (bottom + top) / 2);
  const square = average(({ bottom, top }) => {
    const [a, b] = [bottom - mean, top - mean];
    return (a * a + a * b + b * b) / 3;
  });
  return [mean, Math.sqrt(square)];
}

function lengthOf(strokes) {
  return strokes.reduce((sum, stroke) => stroke.slice(1).reduce((own, [x, y], i) => (
    own + hypot(x - stroke[i][0], y - stroke[i][1])), sum), 0);
}

function expectedWidth(text, { widths, wordGap }) {
  return [...text].reduce((sum, c) => sum + (c === " " ? wordGap : widths[c]), 0);
}
