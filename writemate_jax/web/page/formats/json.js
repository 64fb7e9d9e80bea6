/** The ink as `sample.py --format json` writes it: an object for one line, a list of these for several. */
import { written } from "./lines.js";

export function toJson(sheet) {
  const lines = written(sheet).map(({ text, rows, complete, bias, seed, pace }) => ({
    text, strokes: rows, complete, bias, seed, points_per_second: pace ?? null,
  }));
  return `${JSON.stringify(lines.length === 1 ? lines[0] : lines)}\n`;
}
