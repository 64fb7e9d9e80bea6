/**
 * The user's ink, kept in this browser and nowhere else; and as a file.
 *
 * It is {lines: [{text, strokes: [[[x, y], ...], ...]}], learned}, y down; learned: {vector, gates, primer, trait,
 * ratio}, the hand as an engine's fit found it and how wide it writes, or null.
 */
import { isHand } from "./address.js";

const KEY = "writemate.hand";
const MOST = 400_000; // characters of a file

export function loadHand() {
  try {
    const text = localStorage.getItem(KEY);
    return text === null ? null : readHand(text);
  } catch {
    return null; // storage is forbidden, or holds something else
  }
}

/** Whether the browser keeps it. */
export function saveHand(hand) {
  try {
    localStorage.setItem(KEY, JSON.stringify(hand));
    return true;
  } catch {
    return false; // storage is full or forbidden: the hand lives as long as the page
  }
}

export function deleteHand() {
  try {
    localStorage.removeItem(KEY);
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
    lines: found.lines.slice(0, 8).map(({ text: said, strokes }) => ({ text: said, strokes })),
    learned: readLearned(found.learned ?? found, number), // files of before say it beside the lines
  };
}

/** The learned hand, or null where it is none. */
function readLearned({ vector, gates = null, primer = null, trait = null, ratio }, number) {
  const numbers = (values) => Array.isArray(values) && values.every(number);
  if (!isHand({ vector, primer, ratio }) || ![gates, trait].every((values) => values === null || numbers(values))) {
    return null;
  }
  return { vector, gates, primer: primer && { text: primer.text, strokes: primer.strokes }, trait, ratio };
}
