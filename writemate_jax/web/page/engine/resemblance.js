/**
 * How much ink is like a person's, told by how its lines run: as writemate_jax/hands/resemblance.py, which says why.
 *
 * `how` is the header's section. Lines are rows [dx, dy, eos] in x-heights.
 */
import { strokesOf } from "../ink.js";
import { atan2 } from "./elementary.js";
import { smooth, turn, uniform } from "./resampling.js";

const CIRCLE = 2 * Math.PI;

/**
 * What is typical of a hand: roots of the shares of ink that runs in each direction and turns by so much over four
 * points, [directions * turns]; of several lines the mean. Zeros for ink without a stroke that is long enough.
 */
export function trait(lines, how) {
  const roots = lines.map((line) => rootsOf(line, how));
  return roots[0].map((_, i) => roots.reduce((sum, one) => sum + one[i], 0) / roots.length);
}

/** How far a line is from a hand of this trait: 0 for the same, seldom more than 1. */
export function unlike(line, typical, how) {
  return rootsOf(line, how).reduce((sum, root, i) => sum + (root - typical[i]) * (root - typical[i]), 0);
}

function rootsOf(line, { directions, turns, spacing, smoothing }) {
  const shares = new Array(directions * turns).fill(0);
  for (const stroke of strokesOf(line)) {
    if (stroke.length < 3) continue;
    const path = uniform(smooth(stroke, smoothing), spacing);
    if (path.length < 5) continue;
    const angles = path.slice(2).map(([x, y], i) => atan2(y - path[i][1], x - path[i][0]));
    for (let i = 1; i < angles.length - 1; i++) {
      // Between two directions, a part for each: no edge where a small slope would count as another hand.
      const at = (angles[i] / CIRCLE) * directions, below = Math.floor(at);
      const bend = Math.floor(((turn(angles[i - 1], angles[i + 1]) + Math.PI) / CIRCLE) * turns);
      const place = (direction) => ((direction + directions) % directions) * turns + Math.min(bend, turns - 1);
      shares[place(below)] += below + 1 - at;
      shares[place(below + 1)] += at - below;
    }
  }
  const whole = Math.max(shares.reduce((sum, share) => sum + share, 0), 1e-9);
  return shares.map((share) => Math.sqrt(share / whole));
}
