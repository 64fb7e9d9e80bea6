/** Whether ink says its text, judged by the network. As writemate_jax/hands/text_fit.py. */
import { encode } from "./alphabet.js";
import { logProb } from "./mixture.js";
import { unfit } from "./unfit.js";

const SETS = ["abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "0123456789"];

/**
 * Throws EngineError "ink" for the first line that hardly says its text, of which it is `least` nats a point likelier.
 * Yields after each line.
 *
 * lines: [{text, points}], points [x, y, eos] in the network's unit, between rests. style: under which it is looked at.
 */
export function* check(network, lines, style, least) {
  for (const { text, points } of lines) {
    if (gain(network, text, points, style) < least) throw unfit("letters", text);
    yield;
  }
}

/** Nats a point by which ink is likelier with its text than with texts of other letters and digits; Infinity if none is. */
export function gain(network, text, points, style) {
  const { header } = network, last = points.length - 1;
  const texts = [text, ...header.fit.shifts.map((shift) => other(text, shift, header.alphabet))];
  if (texts.every((one) => one === text)) return Infinity;
  const nats = texts.map(() => 0), x = new Float32Array(texts.length * 3);
  texts.forEach((one, lane) => network.start(lane, encode(one, header.alphabet), style));
  for (let t = 0; t < last; t++) {
    texts.forEach((_, lane) => x.set(points[t], lane * 3));
    network.step(x, texts.length);
    texts.forEach((_, lane) => { nats[lane] += logProb(network.output(lane), points[t + 1], header.network) / last; });
  }
  const [own, ...others] = nats;
  return own - others.reduce((sum, value) => sum + value, 0) / others.length;
}

/** The text with other letters and digits in the same places. */
function other(text, shift, alphabet) {
  return [...text].map((c) => {
    const set = SETS.find((some) => some.includes(c));
    const moved = set && set[(set.indexOf(c) + shift) % set.length];
    return moved && alphabet.includes(moved) ? moved : c;
  }).join("");
}
