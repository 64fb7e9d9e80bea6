/** What is wrong with ink, in the words of the page, whichever engine finds it. */
import { EngineError } from "./error.js";

/** By the reasons of writemate_jax/data/own_ink.py. */
const SENTENCES = {
  text: (text) => `“${text}” is no text that ink can say here; write another line.`,
  none: (text) => `There is no ink for “${text}”; draw it first.`,
  height: (text) => `The ink for “${text}” has no height; write the line that is asked for.`,
  narrow: (text) => `The ink is too narrow for “${text}”; write all of this text, on one line, with smaller letters.`,
  wide: (text) => `The ink is too wide for “${text}”; write this text and nothing else, on one line.`,
  few: (text) => `The ink has too few strokes for “${text}”; write this text, and lift the pen between words.`,
  many: (text) => `The ink has too many strokes for “${text}”; write this text and nothing else.`,
  little: (text) => `The ink is too little for “${text}”; write all of this text.`,
  much: (text) => `The ink is too much for “${text}”; write this text and nothing else.`,
  letters: (text) => `The ink hardly says “${text}”; write this text and nothing else, letter after letter.`,
  short: (text) => `The ink says “${text}”; that is too short to go on from.`,
  long: (text) => `The ink of “${text}” is too long to go on from.`,
};

/** The error of ink that cannot be used as that of a text; null where the page has no words for the reason. */
export function unfit(reason, text) {
  return Object.hasOwn(SENTENCES, reason) ? new EngineError("ink", SENTENCES[reason](text)) : null;
}
