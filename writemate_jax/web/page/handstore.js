/**
 * The user's ink, kept in this browser and nowhere else; and as a file.
 *
 * It is {lines: [{text, strokes: [[[x, y], ...], ...]}], learned}, y down; learned: {vector, gates, primer, trait,
 * weights, ratio}, the hand as an engine's fit found it and how wide it writes, or null.
 */
import { isHand } from "./address.js";

const KEY = "writemate.hand";
const MOST = 400_000; // characters of a file
let seen = null; // what this page last found in the storage, or put there

export function loadHand() {
  try {
    seen = localStorage.getItem(KEY);
    return seen === null ? null : readHand(seen);
  } catch {
    return null; // storage is forbidden, or holds something else
  }
}

/** Whether another tab has changed what is kept; this page's own ink that found no room there is no such change. */
export function isOutdated() {
  try {
    return localStorage.getItem(KEY) !== seen;
  } catch {
    return false;
  }
}

/** What is to be said where the browser does not keep it, so that it lives as long as the page; or "". */
export function saveHand(hand) {
  const text = JSON.stringify(hand);
  if (text.length >= MOST) { // a file has an end of line, too
    return "There is no room for so much ink: clear some of it, or what you changed is lost with this page.";
  }
  try {
    localStorage.setItem(KEY, text);
    seen = text;
    return "";
  } catch {
    return "This browser keeps nothing for this page; export your ink to have it again.";
  }
}

/** Asks the browser to keep it as long as the user does not delete it; many do not, and Safari forgets after a week. */
export function persist() {
  navigator.storage?.persist?.().catch(() => {});
}

export function deleteHand() {
  try {
    localStorage.removeItem(KEY);
    seen = null;
  } catch {
    // storage is forbidden, so that there is nothing in it
  }
}

/** A hand from the text of a file. Throws an Error whose message can be shown. */
export function readHand(text) {
  const fail = (why) => {
    throw new Error(`This is no hand that WriteMate exported: ${why}.`);
  };
  if (text.length > MOST) fail("it is too large");
  let found;
  try {
    found = JSON.parse(text);
  } catch {
    fail("it is not JSON");
  }
  const number = (value) => typeof value === "number" && Number.isFinite(value);
  const point = (value) => Array.isArray(value) && value.length === 2 && value.every(number);
  const stroke = (value) => Array.isArray(value) && value.length > 0 && value.every(point);
  const all = (values, kind) => Array.isArray(values) && values.every(kind);
  const line = (value) => typeof value?.text === "string" && all(value.strokes, stroke);
  if (!all(found?.lines, line) || !found.lines.length) fail("it has no lines of ink");
  return {
    lines: found.lines.map(({ text: said, strokes }) => ({ text: said, strokes })),
    learned: readLearned(found.learned ?? found, number), // files of before say it beside the lines
  };
}

/** The learned hand, or null where it is none. */
function readLearned({ vector, gates = null, primer = null, trait = null, weights = null, ratio }, number) {
  const numbers = (values) => Array.isArray(values) && values.every(number);
  const lists = [gates, trait].every((values) => values === null || numbers(values));
  if (!lists || !isHand({ vector, primer, ratio, weights })) return null;
  return { vector, gates, primer: primer && { text: primer.text, strokes: primer.strokes }, trait, weights, ratio };
}
