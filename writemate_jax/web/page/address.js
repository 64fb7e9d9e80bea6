/**
 * Settings as the fragment of an address, and back. Pure.
 *
 * The fragment, since a browser never sends it: the text of a link stays between those who share it.
 */
import { PAPERS, SIZES } from "./sheet.js";

export const LARGEST_SEED = 2 ** 32 - 1;
export const HAND = 32; // numbers of a hand of the user's own

export const DEFAULTS = Object.freeze({
  text: "",
  seed: 1,
  bias: 1, // neatness
  style: "", // a style's name; "" lets the seed choose one
  hand: null, // {vector: [32 numbers], ratio}: the user's own, which wins over the style
  pen: 0.4, // mm
  color: "#1a2a5e",
  paper: "blank",
  size: "note",
  speed: 0, // the pen's pace is 2 ** speed times a hand's own
  attention: false,
});

const READ = {
  text: (value) => value.slice(0, 5000),
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

/** Float32 numbers, the ratio last, as base64url: as exact as the network's own. */
function writeHand({ vector, ratio }) {
  const bytes = new Uint8Array(Float32Array.from([...vector, ratio]).buffer);
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function readHand(text) {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    const numbers = [...new Float32Array(bytes.buffer)];
    const fine = numbers.length === HAND + 1 && numbers.every(Number.isFinite) && numbers[HAND] > 0;
    return fine ? { vector: numbers.slice(0, HAND), ratio: numbers[HAND] } : undefined;
  } catch {
    return undefined; // no base64, or no whole number of floats
  }
}
