/**
 * The best of several candidates for one text, by what they say (reading.js) and how the window read the text while each
 * was written: as writemate_jax/sampling/candidates.py, which says why.
 *
 * A draft is {complete, points, lifts, tick}: points drawn while the window read each character and past them [U + 1],
 * how many of these lifted the pen, and whether a stray tick stands in front.
 */
import { hypot } from "./elementary.js";

const LONGEST_TICK = 0.5; // x-heights of pen way
const MARKS = "'\"`,.:;!?-_~^*=%|/\\<>()[]{}"; // texts that begin so may begin with a small stroke

/** place: the character that was read at each point; eos: whether the pen lifted there. */
export function draft(complete, place, eos, length, tick = false) {
  const points = new Array(length + 1).fill(0), lifts = new Array(length + 1).fill(0);
  place.forEach((at, i) => {
    const kept = Math.min(length, at);
    points[kept] += 1;
    lifts[kept] += eos[i] ? 1 : 0;
  });
  return { complete, points, lifts, tick };
}

/** Whether the first stroke of rows [dx, dy, eos] is shorter than any letter's and lies left of all that follows. */
export function startsWithTick(rows, text) {
  const first = rows.findIndex(([, , eos]) => eos) + 1;
  if (!first || first === rows.length || MARKS.includes(text[0])) return false;
  let x = 0, way = 0, right = -Infinity, left = Infinity;
  rows.forEach(([dx, dy], i) => {
    x += dx;
    if (i >= first) left = Math.min(left, x);
    else {
      right = Math.max(right, x);
      if (i) way += hypot(dx, dy);
    }
  });
  return way < LONGEST_TICK && right < left;
}

/**
 * Whether a draft ended by itself, has no tick, and each character but spaces was attended, none for more than `loop`
 * points.
 */
export function passes({ complete, points, tick }, text, loop) {
  return complete && !tick && [...text].every((c, i) => c === " " || points[i] > 0) && points.every((count) => count <= loop);
}

/**
 * What is wrong with each draft: 2, it does not pass; 1, in an own hand, it does not say its text; 0, nothing.
 *
 * unread: how unlikely each says the text, in nats (reading.js), where that is known.
 */
export function faults(drafts, text, { loop, taken }, unread = null, own = false) {
  const most = taken * text.length;
  return drafts.map((draft, i) => (passes(draft, text, loop) ? Number(own && unread !== null && unread[i] > most) : 2));
}

/** How far each draft is from the usual. */
export function oddity(drafts) {
  const places = drafts[0].points.map((_, u) => u);
  const usual = places.map((u) => median(drafts.map(({ points }) => points[u])));
  const usualLifts = places.map((u) => median(drafts.map(({ lifts }) => lifts[u])));
  return drafts.map(({ points, lifts }) => {
    let sum = 0;
    for (const u of places) {
      const away = (points[u] - usual[u]) / (2 + 0.2 * usual[u]);
      const lacking = Math.max(usualLifts[u] - lifts[u], 0);
      sum += away * away + 0.5 * lacking * lacking;
    }
    return sum;
  });
}

/**
 * The index of the best draft: of those with the least of `faults` the least odd.
 *
 * unlike: how far each is from a hand that is wanted (resemblance.js), which counts `hand` times for each draft. unread:
 * how unlikely each says the text, in nats (reading.js), which count `read` times. own: they are in an own hand, whose
 * likeness outweighs no text.
 */
export function best(drafts, text, sampling, unlike = null, unread = null, own = false) {
  const { hand, read } = sampling, wrong = faults(drafts, text, sampling, unread, own);
  const odd = oddity(drafts).map((one, i) => (
    one + (unlike ? hand * drafts.length * unlike[i] : 0) + (unread ? read * unread[i] : 0)));
  return drafts.reduce((found, _, i) => (
    wrong[i] < wrong[found] || (wrong[i] === wrong[found] && odd[i] < odd[found]) ? i : found), 0);
}

/**
 * How many drafts of a text are written where the usual number is `count` and nobody says otherwise.
 *
 * own: whether the hand is one of the user's.
 */
export function usual(count, text, own, { short, more }) {
  if (count === 1) return count;
  return count * (own ? more.own : text.length <= short ? more.short : 1);
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b), middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
