/** What the page asks for, checked, in the terms of the engine. Pure. All throw EngineError. */
import { encode, readable, transliterate } from "./alphabet.js";
import { EngineError } from "./error.js";
import { likeTheCorpus } from "./own_ink.js";
import { createRandom } from "./random.js";

const ANY_HAND = 0x68616e64; // apart from the streams that draw points
const MOST_POINTS = 640; // of the ink that a hand is learned from: about two lines of a card; more take longer

/** {lines, candidates, attention} as writing.js takes them. */
export function toWrite({ lines, seed = 0, bias = null, style = "random", vector = null, candidates = null,
                          attention = false }, model) {
  const { header } = model, { sampling } = header;
  if (!Array.isArray(lines) || !lines.every((line) => typeof line === "string")) {
    throw new EngineError("invalid", "The lines to write are no list of texts.");
  }
  const neatness = number("neatness", bias ?? sampling.bias, 0, sampling.largestBias);
  const first = whole("seed", seed, 0, sampling.largestSeed);
  return {
    lines: lines.map((line, i) => {
      const own = (first + i) % (sampling.largestSeed + 1);
      return { text: readable(line, header), seed: own, bias: neatness, style: handOf(style, vector, own, model) };
    }),
    candidates: whole("number of candidates", candidates ?? sampling.candidates, 1, sampling.mostCandidates),
    attention: Boolean(attention),
  };
}

/** The vector of a style's name, of a writer's, of "unknown" or "random", or the one that is given. */
function handOf(style, vector, seed, { header, tensors }) {
  const size = header.network.styleSize;
  if (vector) {
    if (vector.length !== size || ![...vector].every(Number.isFinite)) {
      throw new EngineError("invalid", `A hand is ${size} numbers; this one is not.`);
    }
    return Float32Array.from(vector);
  }
  const row = (name, i) => {
    const { shape, values } = tensors.get(name);
    return values.subarray(i * shape[1], (i + 1) * shape[1]);
  };
  const named = header.styles.findIndex(({ name }) => name === style);
  if (named >= 0) return row("style.named", named);
  if (style === null || style === undefined || style === "random") {
    const place = Math.floor(createRandom(seed, ANY_HAND).uniform() * header.random.length);
    return row("style.table", header.random[place]);
  }
  if (style === "unknown") return row("style.table", 0);
  const writer = header.writers.indexOf(style);
  if (writer < 0) throw new EngineError("invalid", `There is no style “${style}” here.`);
  return row("style.table", writer + 1);
}

/** [{codes, rows}] as fit.js takes them, from lines {text, strokes} with y down. */
export function toFit({ lines }, { alphabet, likenesses, ...header }) {
  const drawn = (lines ?? []).filter(({ strokes }) => strokes?.length);
  if (!drawn.length) throw new EngineError("ink", "There is no ink; write at least one of the lines.");
  const found = drawn.map(({ text, strokes }) => {
    const said = transliterate(text.trim().split(/\s+/).join(" "), alphabet, likenesses);
    if (!said) throw new EngineError("invalid", "A line of ink has no text; say what it says.");
    const up = strokes.map((stroke) => stroke.map(([x, y]) => [x, -y]));
    return { codes: encode(said, alphabet), rows: likeTheCorpus(up, said, header) };
  });
  const kept = [];
  let points = 0;
  for (const line of found) {
    if (kept.length && points + line.rows.length > MOST_POINTS) break;
    kept.push(line);
    points += line.rows.length;
  }
  return kept;
}

function number(name, value, least, most) {
  if (typeof value === "number" && value >= least && value <= most) return value;
  throw new EngineError("invalid", `The ${name} is ${value}; expected ${least} to ${most}.`);
}

function whole(name, value, least, most) {
  if (Number.isInteger(value)) return number(name, value, least, most);
  throw new EngineError("invalid", `The ${name} is ${value}; expected a whole number.`);
}
