/**
 * Points into strokes, strokes into smooth curves. Pure.
 *
 * A row of ink is [dx, dy, eos]: an offset, and 1 where the pen lifts after the point. A stroke is a list of [x, y],
 * a segment a cubic Bezier curve [from, control, control, to].
 */

export const DOT = 0.01; // mm that a dot is drawn long; some programs leave out a path without length

/** The strokes of rows; places are sums of offsets, in the rows' unit and direction. */
export function strokesOf(rows) {
  const strokes = [];
  let x = 0, y = 0, down = false;
  for (const [dx, dy, eos] of rows) {
    x += dx;
    y += dy;
    if (!down) strokes.push([]);
    strokes.at(-1).push([x, y]);
    down = eos < 0.5;
  }
  return strokes;
}

/** {left, right, bottom, top} of strokes with y up; all 0 without ink. */
export function bounds(strokes) {
  const points = strokes.flat();
  if (!points.length) return { left: 0, right: 0, bottom: 0, top: 0 };
  const of = (axis, pick) => points.reduce((found, point) => pick(found, point[axis]), points[0][axis]);
  return { left: of(0, Math.min), right: of(0, Math.max), bottom: of(1, Math.min), top: of(1, Math.max) };
}

/**
 * The centripetal Catmull-Rom spline through a stroke: one segment between each two different points, none for a dot.
 *
 * Knots at the square root of the chords keep it free of cusps and loops, however unevenly the points lie.
 */
export function bezier(stroke) {
  const points = stroke.filter((p, i) => !i || p[0] !== stroke[i - 1][0] || p[1] !== stroke[i - 1][1]);
  const count = points.length - 1;
  if (count < 1) return [];
  const axes = [0, 1];
  const steps = [], slopes = [];
  for (let i = 0; i < count; i++) {
    const chord = axes.map((a) => points[i + 1][a] - points[i][a]);
    steps.push(Math.sqrt(Math.sqrt(chord[0] * chord[0] + chord[1] * chord[1]))); // browsers choose the last bit of hypot
    slopes.push(chord.map((part) => part / steps[i]));
  }
  const velocity = (i) => {
    if (i === 0 || i === count) return slopes[Math.min(i, count - 1)];
    const wide = steps[i - 1] + steps[i];
    return axes.map((a) => slopes[i - 1][a] + slopes[i][a] - (points[i + 1][a] - points[i - 1][a]) / wide);
  };
  return steps.map((step, i) => {
    const [from, to, leaving, arriving] = [points[i], points[i + 1], velocity(i), velocity(i + 1)];
    const first = axes.map((a) => from[a] + (leaving[a] * step) / 3);
    return [from, first, axes.map((a) => to[a] - (arriving[a] * step) / 3), to];
  });
}

/** The part of a segment before `share` of its parameter (de Casteljau). */
export function before(segment, share) {
  const mix = (p, q) => [p[0] + (q[0] - p[0]) * share, p[1] + (q[1] - p[1]) * share];
  const [a, b, c, d] = segment;
  const [ab, bc, cd] = [mix(a, b), mix(b, c), mix(c, d)];
  const [abc, bcd] = [mix(ab, bc), mix(bc, cd)];
  return [a, ab, abc, mix(abc, bcd)];
}

/** `pieces` places along a segment after its start. */
export function along(segment, pieces) {
  return Array.from({ length: pieces }, (_, i) => before(segment, (i + 1) / pieces)[3]);
}

/** The length of a segment, by chords. */
export function lengthOf(segment) {
  return along(segment, 16).reduce(
    ([sum, last], place) => [sum + Math.hypot(place[0] - last[0], place[1] - last[1]), place], [0, segment[0]])[0];
}

/** A number with at most `digits` decimals. */
export function number(value, digits = 3) {
  return String(Number(value.toFixed(digits)) + 0); // + 0 turns -0 into 0
}

/** SVG path data of a stroke whose curve is `segments`; a dot where there are none. */
export function pathOf(stroke, segments = bezier(stroke)) {
  const place = ([x, y]) => `${number(x)},${number(y)}`;
  const start = `M${place(stroke[0])}`;
  if (!segments.length) return `${start} h${DOT}`;
  return start + segments.map((segment) => ` C${segment.slice(1).map(place).join(" ")}`).join("");
}
