/** Strokes at the ends of a written line that are none of it, as writemate_jax/sampling/line_ends.py. */
import { strokesOf } from "../ink.js";
import { median } from "./candidates.js";

/**
 * Without the strokes in front that are still the primer's: what its text says and its ink lacks, as a full stop.
 *
 * Such a stroke begins while the window reads the primer's text, and ends before it reads the line's: place is counted
 * from there, and -1 is the space between the two.
 */
export function withoutPrimer({ rows, place, phi }) {
  let first = 0;
  for (let i = 0; i < rows.length; i++) {
    if (place[i] >= 0 || place[first] >= -1) break;
    if (rows[i][2] > 0.5) first = i + 1;
  }
  if (!first || first === rows.length) return { rows, place, phi };
  const own = rows.slice(first);
  own[0] = [0, 1].map((axis) => rows.slice(0, first + 1).reduce((sum, row) => sum + row[axis], 0)).concat(own[0][2]);
  return { rows: own, place: place.slice(first), phi: phi.slice(first) };
}

/**
 * Without a full stop behind a text that ends with a letter or a digit.
 *
 * That is a last stroke that is small, low, and to the right of all others.
 */
export function withoutStop({ rows, place, phi }, text, { stop, apart }) {
  const strokes = strokesOf(rows), last = strokes.pop();
  if (!strokes.length || !/[\p{L}\p{N}]$/u.test(text)) return { rows, place, phi };
  const [xs, ys] = [0, 1].map((axis) => last.map((point) => point[axis]));
  const others = strokes.flat(), size = (values) => Math.max(...values) - Math.min(...values);
  const isStop = size(xs) < stop && size(ys) < stop
    && Math.min(...xs) > Math.max(...others.map(([x]) => x)) + apart
    && Math.max(...ys) < median(others.map(([, y]) => y));
  const end = rows.length - (isStop ? last.length : 0);
  return { rows: rows.slice(0, end), place: place.slice(0, end), phi: phi.slice(0, end) };
}
