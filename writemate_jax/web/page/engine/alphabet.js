/** Characters into codes, and characters that the network does not know into those that it knows. */
import { EngineError } from "./error.js";

const STRUCK_OUT = /[\u0338\u20d2]/; // a stroke through a sign, which makes it say the opposite
// Behind a digit: fractions, raised digits with their signs, and a product's dot, as in writemate_jax/alphabet.py.
const FRACTION = "[\u00bc-\u00be\u2150-\u215f\u2189]", RAISED = "[\u2070\u00b9\u00b2\u00b3\u2074-\u207b]+";
const NUMBERS = new RegExp(`([0-9])(?:(${FRACTION})|(${RAISED})|\u00b7(?=[0-9]))`, "g");

const ORDINAL = /[Nn]\u00b0/g; // the French for number, but at the end of a word

/** The code of the alphabet's first character is 1; 0 is the place past the end. */
export function encode(text, alphabet) {
  return [...text].map((c) => alphabet.indexOf(c) + 1);
}

/** A text as the network can write it, of 1 to `most` characters. Throws EngineError. */
export function readable(text, { alphabet, likenesses, sampling: { mostCharacters: most } }) {
  const stripped = text.trim();
  if (!stripped) throw new EngineError("invalid", "There is nothing to write.");
  if (/[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/.test(stripped)) {
    throw new EngineError("invalid", "A line has a line break in it; give each line as a text of its own.");
  }
  const written = line(stripped, alphabet, likenesses);
  if (!written) throw new EngineError("invalid", "There is nothing to write.");
  if (written.length > most) {
    throw new EngineError("too_long", `A line has ${written.length} characters; at most ${most} fit. Split it into several.`);
  }
  return written;
}

/** As `transliterate`, with single spaces alone, none at the ends: wider gaps were never learned. */
export function line(text, alphabet, likenesses) {
  const spaced = (some) => some.trim().split(/\s+/).join(" ");
  return spaced(transliterate(spaced(text), alphabet, likenesses)); // what is between two spaces may become nothing
}

function isCapital(c = "") {
  return c !== c.toLowerCase() && c === c.toUpperCase();
}

/**
 * likenesses: what stands for other characters, among capitals in capitals. Beyond them, accents are left out. Throws
 * EngineError "characters".
 */
export function transliterate(text, alphabet, likenesses) {
  const known = (c) => alphabet.includes(c);
  const near = (c) => {
    if (known(c)) return c;
    if (Object.hasOwn(likenesses, c)) return likenesses[c];
    const parts = c.normalize("NFKD"), plain = STRUCK_OUT.test(parts) ? null : parts.replace(/\p{M}|\p{Cf}/gu, "");
    if (plain === "" && /^(\p{M}|\p{Cf})$/u.test(c)) return "";
    return plain && [...plain].every(known) ? plain : null;
  };
  const meant = text.normalize("NFC").replace(NUMBERS, (whole, digit, fraction, raised) => {
    const old = whole.slice(1), sign = fraction ? " " : raised ? "^" : "*";
    const parts = fraction || raised ? [...old].map(near) : [];
    if (!known(sign) || parts.includes(null) || [...old].some(known)) return whole;
    return digit + sign + parts.join("");
  }).replace(ORDINAL, (whole, place, all) => {
    const within = /[\p{L}\p{N}_]/u.test(all.slice(0, place).at(-1) ?? "");
    return !within && known("o") && !known("\u00b0") ? `${whole[0]}o` : whole;
  });
  const unknown = new Set();
  const written = [...meant].map((c, i, all) => {
    const found = near(c);
    if (found === null) unknown.add(c);
    const beside = (step) => { // marks, as of stress, are none of the letters
      let at = i + step;
      while (/^\p{M}$/u.test(all[at] ?? "")) at += step;
      return all[at];
    };
    const large = isCapital(c) && /^[A-Z][a-z]+$/.test(found) && [beside(-1), beside(1)].some(isCapital);
    return large && [...found.toUpperCase()].every(known) ? found.toUpperCase() : found ?? "";
  });
  if (unknown.size) {
    const named = [...unknown].map((c) => `“${c}”`).join(", ");
    throw new EngineError("characters",
      `The pen cannot write ${named}; leave ${unknown.size === 1 ? "it" : "them"} out. It knows Latin letters, digits`
        + " and punctuation.");
  }
  return written.join("");
}
