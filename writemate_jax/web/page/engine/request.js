/** What the page asks for, checked, in the terms of the engine. Pure. All throw EngineError. */
import { strokesOf } from "../ink.js";
import { times } from "../neatness.js";
import { encode, line, readable } from "./alphabet.js";
import { usual } from "./candidates.js";
import { EngineError } from "./error.js";
import { likeTheCorpus } from "./own_ink.js";
import { createRandom } from "./random.js";
import { trait } from "./resemblance.js";
import { unfit } from "./unfit.js";

const ANY_HAND = 0x68616e64; // apart from the streams that draw points

/** {lines, attention} as writing.js takes them. */
export function toWrite({ lines, seed = 0, bias = null, style = "random", vector = null, hand = null, candidates = null,
                          attention = false }, model) {
  const { header } = model, { sampling } = header;
  if (!Array.isArray(lines) || !lines.every((line) => typeof line === "string")) {
    throw new EngineError("invalid", "The lines to write are no list of texts.");
  }
  const neatness = bias === null ? null : number("neatness", bias, 0, sampling.largestBias);
  const first = whole("seed", seed, 0, sampling.largestSeed);
  const asked = candidates === null ? null : whole("number of candidates", candidates, 1, sampling.mostCandidates);
  const own = hand || vector ? ownHand(hand ?? { vector }, model) : null;
  return {
    lines: allReadable(lines, header).map((text, i) => {
      const its = (first + i) % (sampling.largestSeed + 1);
      const whose = own ?? handOf(style, its, model);
      return { text, seed: its, hand: whose, own: own !== null,
        bias: neatness ?? times(text, whose.primer, sampling.neater) * sampling.bias,
        candidates: asked ?? usual(sampling.candidates, text, own !== null, sampling) };
    }),
    attention: Boolean(attention),
  };
}

/** The lines as the network can write them. Characters that it cannot write are named for all lines at once. */
function allReadable(lines, header) {
  try {
    return lines.map((one) => readable(one, header));
  } catch (error) {
    if (error.kind === "characters") line(lines.join(" "), header.alphabet, header.likenesses); // throws one of all
    throw error;
  }
}

/** The hand of a style's name, a writer's, "unknown" or "random": {style, primer, trait} as writing.js takes it. */
function handOf(style, seed, { header, tensors }) {
  const rows = (name, from, to = from + 1) => {
    const { shape, values } = tensors.get(name);
    return values.subarray(from * shape[1], to * shape[1]);
  };
  const known = (row) => ({ style: rows("style.table", row), primer: null, trait: null });
  const named = header.styles.findIndex(({ name }) => name === style);
  if (named >= 0) {
    const { text, points } = header.primers[named];
    const from = header.primers.slice(0, named).reduce((sum, one) => sum + one.points, 0);
    const flat = rows("style.primers", from, from + points);
    const primer = { text, points: Array.from({ length: points }, (_, i) => flat.subarray(3 * i, 3 * i + 3)) };
    return { style: rows("style.named", named), primer, trait: traitOf(primer, header) };
  }
  if (style === null || style === undefined || style === "random") {
    const place = Math.floor(createRandom(seed, ANY_HAND).uniform() * header.random.length);
    return known(header.random[place]);
  }
  if (style === "unknown") return known(0);
  const writer = header.writers.indexOf(style);
  if (writer < 0) throw new EngineError("invalid", `There is no style “${style}” here.`);
  return known(writer + 1);
}

/** Likewise, of a hand as fit.js finds it: {vector, gates, primer, trait, weights}, of which a link's has no trait. */
function ownHand({ vector, gates = null, primer = null, trait: kept = null, weights = null }, { header }) {
  if (weights !== null && weights !== header.weights) {
    throw new EngineError("invalid",
      "This hand was learned for another network than the one that writes here now; learn it again from its ink.");
  }
  const { styleSize, layers, cells } = header.network, { directions, turns } = header.resemblance;
  const numbers = (values, size) => {
    if (values.length !== size || !Array.prototype.every.call(values, Number.isFinite)) {
      throw new EngineError("invalid", "This is no hand that WriteMate learned; draw yours again.");
    }
    return values;
  };
  const more = gates ? numbers(gates, 4 * layers * cells) : [];
  const style = Float32Array.from([...numbers(vector, styleSize), ...more]);
  const before = primer && ownPrimer(primer, header);
  return { style, primer: before, trait: kept ? numbers(kept, directions * turns) : traitOf(before, header) };
}

function traitOf(primer, { mean, std, resemblance }) {
  const rows = ({ points }) => points.map(([dx, dy, eos]) => [dx * std[0] + mean[0], dy * std[1] + mean[1], eos]);
  return primer && trait([rows(primer)], resemblance);
}

/** A line of ink, as somebody drew it or as fit.js hands it on, to go on from. */
export function ownPrimer({ text, strokes }, { alphabet, likenesses, mean, std, primer: limits, ...header }) {
  const said = line(text, alphabet, likenesses);
  if (said.replaceAll(" ", "").length < limits.letters) throw unfit("short", said);
  if (said.length > limits.characters) throw unfit("long", said);
  const rows = likeTheCorpus(strokesOf(strokes), said, header);
  if (rows.length > limits.points) throw unfit("long", said);
  return { text: `${said} `, points: rows.map(([dx, dy, eos]) => (
    Float32Array.of((dx - mean[0]) / std[0], (dy - mean[1]) / std[1], eos))) };
}

/** [{text, codes, rows}] as fit.js takes them, from lines {text, strokes} with y down. */
export function toFit({ lines }, { alphabet, likenesses, ...header }) {
  const drawn = (lines ?? []).filter(({ strokes }) => strokes?.length);
  if (!drawn.length) throw new EngineError("ink", "There is no ink; write at least one of the lines.");
  return drawn.map(({ text, strokes }) => {
    const said = line(text, alphabet, likenesses);
    if (!said) throw unfit("text", text);
    const up = strokes.map((stroke) => stroke.map(([x, y]) => [x, -y]));
    return { text: said, codes: encode(said, alphabet), rows: likeTheCorpus(up, said, header) };
  });
}

function number(name, value, least, most) {
  if (typeof value === "number" && value >= least && value <= most) return value;
  throw new EngineError("invalid", `The ${name} is ${value}; expected ${least} to ${most}.`);
}

function whole(name, value, least, most) {
  if (Number.isInteger(value)) return number(name, value, least, most);
  throw new EngineError("invalid", `The ${name} is ${value}; expected a whole number.`);
}
