/**
 * Settings as the fragment of an address, and back. Pure.
 *
 * The fragment, since a browser never sends it: the text of a link stays between those who share it.
 */
import { PAPERS, SIZES } from "./sheet.js";

export const LARGEST_SEED = 2 ** 32 - 1;
export const LONGEST_TEXT = 5000; // characters: more than any sheet takes
const GRAIN = 128; // parts of an x-height that a link knows
// What a server takes of a hand (web/server/settings.py); no engine is to draw what a link says beyond it.
const MOST = { numbers: 256, weight: 32, offset: 100, rows: 1024, characters: 46 };

export const DEFAULTS = Object.freeze({
  text: "",
  seed: 1,
  bias: 1, // neatness
  style: "", // a style's name; "" lets the seed choose one
  hand: null, // {vector, gates, primer, ratio, weights}: the user's own, which wins over the style
  pen: 0.4, // mm
  color: "#1a2a5e",
  paper: "blank",
  size: "note",
  speed: 0, // the pen's pace is 2 ** speed times a hand's own
  attention: false,
});

const READ = {
  text: (value) => value.slice(0, LONGEST_TEXT),
  seed: (value) => number(value, 0, LARGEST_SEED, true),
  bias: (value) => number(value, 0, 2),
  style: (value) => value.slice(0, 100),
  hand: readHand,
  pen: (value) => number(value, 0.1, 1.2),
  color: (value) => (/^[0-9a-f]{6}$/i.test(value) ? `#${value.toLowerCase()}` : undefined),
  paper: (value) => (Object.hasOwn(PAPERS, value) ? value : undefined),
  size: (value) => (Object.hasOwn(SIZES, value) ? value : undefined),
  speed: (value) => number(value, -1, 4),
  attention: (value) => value === "1",
};

const SAID = { color: (value) => value.slice(1), attention: (value) => (value ? "1" : "0"), hand: writeHand };

/** The settings of a fragment; what it lacks, or says wrongly, is as in `defaults`. */
export function parse(fragment, defaults = DEFAULTS) {
  const settings = { ...defaults };
  for (const [key, value] of new URLSearchParams(fragment.replace(/^#/, ""))) {
    const found = Object.hasOwn(READ, key) ? READ[key](value) : undefined;
    if (found !== undefined) settings[key] = found;
  }
  return settings;
}

/** The fragment, without "#". All but an empty style and no hand is said, so that other defaults change no old link. */
export function format(settings) {
  const said = new URLSearchParams();
  for (const key of Object.keys(DEFAULTS)) {
    if (settings[key] === null || settings[key] === "") continue;
    said.set(key, SAID[key]?.(settings[key]) ?? String(settings[key]));
  }
  return said.toString();
}

function number(text, least, most, whole = false) {
  const value = text.trim() === "" ? NaN : Number(text);
  return value >= least && value <= most && (!whole || Number.isInteger(value)) ? value : undefined;
}

/** Whether numbers are those of a hand that engines take, if it is for their network (suits.js). */
export function isHand({ vector, primer, ratio, weights }) {
  const within = (most) => (value) => typeof value === "number" && Math.abs(value) <= most; // NaN is not
  const all = (values, kind) => Array.isArray(values) && values.every(kind);
  const row = (value) => all(value, within(MOST.offset)) && value.length === 3;
  if (!all(vector, within(MOST.weight)) || !vector.length || vector.length > MOST.numbers) return false;
  if (!(ratio > 0 && ratio < Infinity) || (weights !== null && !/^[0-9a-f]{16}$/.test(weights))) return false;
  if (primer === null) return true;
  const { text, strokes } = primer;
  return typeof text === "string" && text.length > 0 && text.length <= MOST.characters
    && all(strokes, row) && strokes.length > 0 && strokes.length <= MOST.rows;
}

/** A hand as a link has it: its gates are too many numbers, and its primer's places are rounded. */
export function carried({ vector, primer, ratio, weights = null }) {
  const round = (value) => Math.round(value * GRAIN) / GRAIN || 0; // no -0
  const strokes = primer?.strokes.map(([dx, dy, eos]) => [round(dx), round(dy), eos]);
  return { vector: vector.map(Math.fround), gates: null, primer: primer && { text: primer.text, strokes },
    ratio: Math.fround(ratio), weights };
}

/**
 * Float32 numbers, the ratio last: as exact as the network's own; and behind a star which network they are for. Behind
 * that, where there is a primer, its points as two whole numbers of 16 bits each, the second with the pen's lift as its
 * last bit; and its text.
 */
function writeHand({ vector, primer, ratio, weights }) {
  const said = [toBase64(Float32Array.from([...vector, ratio])) + (weights ? `*${weights}` : "")];
  if (primer) {
    const rows = primer.strokes.flatMap(([dx, dy, eos]) => [Math.round(dx * GRAIN), 2 * Math.round(dy * GRAIN) + eos]);
    said.push(toBase64(Int16Array.from(rows)), primer.text);
  }
  return said.join(".");
}

function readHand(text) {
  try {
    const [first, second, ...rest] = text.split("."), [said, weights = null] = first.split("*");
    const numbers = [...fromBase64(said, Float32Array)];
    const hand = { vector: numbers.slice(0, -1), gates: null, primer: null, ratio: numbers.at(-1), weights };
    if (second !== undefined) {
      const rows = fromBase64(second, Int16Array), strokes = [];
      for (let i = 0; i + 1 < rows.length; i += 2) {
        strokes.push([rows[i] / GRAIN, (rows[i + 1] >> 1) / GRAIN, rows[i + 1] & 1]);
      }
      hand.primer = { text: rest.join("."), strokes };
    }
    return isHand(hand) ? hand : undefined;
  } catch {
    return undefined; // no base64, or no whole number of numbers
  }
}

/** As base64url; all browsers' arrays are little endian. */
function toBase64(numbers) {
  const bytes = [...new Uint8Array(numbers.buffer)].map((byte) => String.fromCharCode(byte)).join("");
  return btoa(bytes).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function fromBase64(text, Numbers) {
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  return new Numbers(bytes.buffer);
}
