/** Takes the slope out of a line of ink, as writemate_jax/data/letter_size.py does. */
import { median } from "./candidates.js";
import { hypot } from "./elementary.js";

const STEEPEST = 0.3; // a slope beyond is not the line's own
const FEWEST = 20; // stretches of ink, fewer of which tell no slope

/** Strokes [[[x, y], ...], ...] without their slope; those of which it cannot be told stay as they are. */
export function deskewed(strokes) {
  const xs = [], ys = [], lengths = [];
  for (const stroke of strokes) {
    for (let i = 1; i < stroke.length; i++) {
      const [[x0, y0], [x1, y1]] = [stroke[i - 1], stroke[i]];
      xs.push((x0 + x1) / 2);
      ys.push((y0 + y1) / 2);
      lengths.push(hypot(x1 - x0, y1 - y0));
    }
  }
  if (xs.length < FEWEST || !(Math.max(...xs) - Math.min(...xs) > 4 * deviation(ys))) return strokes;
  const slope = robustSlope(xs, ys, lengths);
  if (Math.abs(slope) > STEEPEST) return strokes;
  const middle = mean(xs);
  return strokes.map((stroke) => stroke.map(([x, y]) => [x, y - slope * (x - middle)]));
}

/** The slope of a straight line through points, by least squares with Huber's weights on top of the given ones. */
function robustSlope(xs, ys, given) {
  const middle = mean(xs);
  let weights = xs.map(() => 1), slope = 0;
  for (let round = 0; round < 8; round++) {
    let w = 0, wx = 0, wy = 0;
    for (let i = 0; i < xs.length; i++) {
      const own = weights[i] * given[i];
      w += own;
      wx += own * (xs[i] - middle);
      wy += own * ys[i];
    }
    const x0 = wx / w, y0 = wy / w;
    let across = 0, along = 0;
    for (let i = 0; i < xs.length; i++) {
      const own = weights[i] * given[i], x = xs[i] - middle - x0;
      across += own * x * (ys[i] - y0);
      along += own * x * x;
    }
    slope = across / along;
    const residuals = xs.map((x, i) => Math.abs(ys[i] - y0 - slope * (x - middle - x0)));
    const threshold = 1.345 * Math.max(median(residuals) * 1.4826, 1e-9);
    weights = residuals.map((residual) => Math.min(1, threshold / Math.max(residual, 1e-9)));
  }
  return slope;
}

function mean(values) {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function deviation(values) {
  const middle = mean(values);
  return Math.sqrt(mean(values.map((value) => (value - middle) * (value - middle))));
}
