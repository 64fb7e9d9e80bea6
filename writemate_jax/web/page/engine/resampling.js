/** Strokes with points where the open corpus has them: as writemate_jax/strokes.py and data/pieces.py. */
import { along, bezier } from "../ink.js";
import { median } from "./candidates.js";
import { atan2, exp, hypot } from "./elementary.js";

/**
 * Each stroke lightly smoothed, with points denser in curves; a dot becomes a short stroke of two points. Strokes of few
 * points become curves instead. `ink` is the header's section; strokes are in x-heights.
 */
export function resampled(strokes, ink) {
  const steps = strokes.flatMap((stroke) => lengths(stroke));
  const sparse = steps.length > 0 && median(steps) >= ink.sparse;
  const curves = sparse ? strokes.map(flattened) : strokes;
  return curves.map((stroke) => {
    const fine = uniform(stroke, ink.fine);
    if (sum(lengths(fine)) < ink.dot) return dot(fine, ink.touch);
    return byCurvature(sparse ? fine : smooth(fine, ink.sigma), ink.spacing, ink.turn);
  });
}

function flattened(stroke) {
  return [stroke[0], ...bezier(stroke).flatMap((segment) => along(segment, 8))];
}

function dot(stroke, touch) {
  const half = [0, 1].map((axis) => (stroke.at(-1)[axis] - stroke[0][axis]) / 2);
  const [x, y] = hypot(...half) >= hypot(...touch) ? half : touch;
  const [mx, my] = [0, 1].map((axis) => sum(stroke.map((point) => point[axis])) / stroke.length);
  return [[mx - x, my - y], [mx + x, my + y]];
}

/** Points at equal distances, as near to `spacing` as fits; both end points stay. */
export function uniform(stroke, spacing) {
  const points = withoutRepeats(stroke);
  return placeEvenly(points, running(lengths(points)).map((length) => length / spacing));
}

/** A Gaussian of `sigma` points; the stroke goes on behind its ends by reflection through them, and these stay. */
export function smooth(stroke, sigma) {
  const last = stroke.length - 1;
  if (last < 2 || sigma < 0.1) return stroke;
  const at = (i, axis) => {
    if (i < 0) return 2 * stroke[0][axis] - at(-i, axis);
    if (i > last) return 2 * stroke[last][axis] - at(2 * last - i, axis);
    return stroke[i][axis];
  };
  const reach = Math.max(1, Math.ceil(3 * sigma));
  const weights = Array.from({ length: 2 * reach + 1 }, (_, i) => {
    const far = (i - reach) / sigma;
    return exp(-0.5 * far * far);
  });
  const whole = sum(weights);
  const smoothed = stroke.map((_, i) => [0, 1].map((axis) => (
    weights.reduce((total, weight, j) => total + weight * at(i + j - reach, axis), 0) / whole)));
  smoothed[0] = stroke[0];
  smoothed[last] = stroke[last];
  return smoothed;
}

/** Points denser in curves: one each `spacing` of length, plus one each `angle` of turn. */
export function byCurvature(stroke, spacing, angle) {
  const points = withoutRepeats(stroke);
  const measure = running(lengths(points)).map((length) => length / spacing);
  if (points.length < 3) return placeEvenly(points, measure);
  const directions = points.slice(1).map(([x, y], i) => atan2(y - points[i][1], x - points[i][0]));
  const turning = directions.map(() => 0); // a turn belongs half to the segment before it, half to the one after
  for (let i = 1; i < directions.length; i++) {
    const half = Math.abs(turn(directions[i - 1], directions[i])) / 2;
    turning[i - 1] += half;
    turning[i] += half;
  }
  const turned = running(turning);
  return placeEvenly(points, measure.map((length, i) => length + turned[i] / angle));
}

/** The way from one direction to another, -pi to pi. */
export function turn(from, to) {
  const way = to - from;
  if (way < -Math.PI) return way + 2 * Math.PI;
  return way < Math.PI ? way : way - 2 * Math.PI;
}

/** Points at equal steps (of about 1) of `measure`, which grows along the stroke from 0. */
function placeEvenly(stroke, measure) {
  if (stroke.length < 2) return stroke;
  const whole = measure.at(-1), count = Math.max(1, Math.round(whole));
  const placed = [];
  for (let n = 0, i = 0; n <= count; n++) {
    const wanted = (whole * n) / count;
    while (i < measure.length - 2 && measure[i + 1] < wanted) i++;
    const share = Math.min(1, (wanted - measure[i]) / (measure[i + 1] - measure[i]));
    placed.push([0, 1].map((axis) => stroke[i][axis] + (stroke[i + 1][axis] - stroke[i][axis]) * share));
  }
  placed[0] = stroke[0];
  placed[count] = stroke.at(-1);
  return placed;
}

function withoutRepeats(stroke) {
  return stroke.filter(([x, y], i) => !i || x !== stroke[i - 1][0] || y !== stroke[i - 1][1]);
}

/** The length of each step. */
function lengths(stroke) {
  return stroke.slice(1).map(([x, y], i) => hypot(x - stroke[i][0], y - stroke[i][1]));
}

function running(steps) {
  let total = 0;
  return [0, ...steps.map((step) => (total += step))];
}

function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}
