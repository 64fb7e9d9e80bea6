/**
 * The best of several candidates for one text, by how the window read the text while each was written: as
 * writemate_jax/sampling/candidates.py, which says why.
 *
 * A draft is {complete, points, lifts}: points drawn while the window read each character and past them [U + 1], and
 * how many of these lifted the pen.
 */

/** place: the character that was read at each point; eos: whether the pen lifted there. */
export function draft(complete, place, eos, length) {
  const points = new Array(length + 1).fill(0), lifts = new Array(length + 1).fill(0);
  place.forEach((at, i) => {
    const kept = Math.min(length, at);
    points[kept] += 1;
    lifts[kept] += eos[i] ? 1 : 0;
  });
  return { complete, points, lifts };
}

/** Whether a draft ended by itself and each character but spaces was attended, none for more than `loop` points. */
export function passes({ complete, points }, text, loop) {
  return complete && [...text].every((c, i) => c === " " || points[i] > 0) && points.every((count) => count <= loop);
}

/** How far each draft is from the usual. */
export function oddity(drafts) {
  const places = drafts[0].points.map((_, u) => u);
  const usual = places.map((u) => median(drafts.map(({ points }) => points[u])));
  const usualLifts = places.map((u) => median(drafts.map(({ lifts }) => lifts[u])));
  return drafts.map(({ points, lifts }) => {
    let sum = 0;
    for (const u of places) {
      const away = (points[u] - usual[u]) / (2 + 0.2 * usual[u]);
      const lacking = Math.max(usualLifts[u] - lifts[u], 0);
      sum += away * away + 0.5 * lacking * lacking;
    }
    return sum;
  });
}

/** The index of the best draft: one that passes before one that does not, then the least odd. */
export function best(drafts, text, loop) {
  const odd = oddity(drafts), failed = drafts.map((draft) => !passes(draft, text, loop));
  return drafts.reduce((found, _, i) => (
    failed[i] < failed[found] || (failed[i] === failed[found] && odd[i] < odd[found]) ? i : found), 0);
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b), middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
