/**
 * The loop that writes lines (Graves 2013, sections 5.3 and 5.4), as writemate_jax/sampling/sampler.py and writer.py:
 * several candidates of each line, of which the best is kept.
 *
 * What a line becomes depends on its own text, seed, bias and hand alone, to the bit, whatever is written beside it.
 */
import { encode } from "./alphabet.js";
import { best, draft, passes, startsWithTick } from "./candidates.js";
import { deskewed } from "./levelling.js";
import { draw } from "./mixture.js";
import { LANES } from "./network.js";
import { createRandom } from "./random.js";

const GRAIN = 1000; // parts of an x-height that points are rounded to

/**
 * Writes lines [{text, seed, style (a vector), bias}], each the best of so many candidates; yields after every step, so
 * that the caller can pause or give up, what lines that step has finished: [{index, line}, ...].
 */
export function* write(network, lines, { candidates, attention = false }) {
  const { sampling } = network.header;
  const waiting = [], drafts = lines.map(() => []);

  function ask(index, attempt) {
    const { text, seed, style, bias } = lines[index];
    const own = bias + attempt * sampling.moreBias;
    return Array.from({ length: candidates }, (_, i) => ({
      index, text, number: attempt * candidates + i, style, bias: own, reach: sampling.reach && own ? sampling.reach / own : Infinity, attention,
      random: createRandom(seed, attempt, i), codes: encode(text, network.header.alphabet),
      limit: sampling.pointsPerCharacter * (text.length + sampling.freeCharacters),
    }));
  }

  /** The line of an index, once no more drafts of it are to come. */
  function finish(index) {
    const { text } = lines[index], own = drafts[index];
    if (own.length % candidates) return null;
    const again = candidates > 1 && own.length === candidates;
    if (again && !own.some((one) => passes(one.draft, text, sampling.loop))) {
      waiting.unshift(...ask(index, 1)); // a second try for what failed: by other numbers, and neater
      return null;
    }
    const ordered = own.sort((a, b) => a.number - b.number);
    const chosen = ordered[best(ordered.map((one) => one.draft), text, sampling.loop)];
    drafts[index] = [];
    return { index, line: { text, complete: chosen.draft.complete, points: chosen.points,
      pointsPerSecond: sampling.pointsPerSecond, attention: chosen.attention } };
  }

  lines.forEach((_, index) => waiting.push(...ask(index, 0)));
  for (const ended of run(network, waiting)) {
    const done = [];
    for (const { job, result } of ended) {
      drafts[job.index].push({ ...result, number: job.number });
      const found = finish(job.index);
      if (found) done.push(found);
    }
    yield done;
  }
}

/** Draws all waiting jobs, `LANES` at a time; yields after every step the ones that it ended: [{job, result}, ...]. */
function* run(network, waiting) {
  const { header } = network, { mean, std } = header;
  const lanes = [], x = new Float32Array(LANES * 3);
  for (;;) {
    while (lanes.length < LANES && waiting.length) {
      const job = waiting.shift(), lane = lanes.length;
      network.start(lane, job.codes, job.style);
      x.set([-mean[0] / std[0], -mean[1] / std[1], 1], lane * 3); // the pen at rest at the origin
      lanes.push({ job, rows: [], place: [], phi: [], lifted: false });
    }
    if (!lanes.length) return;
    network.step(x, lanes.length);
    const ended = [];
    for (let lane = lanes.length - 1; lane >= 0; lane--) {
      const state = lanes[lane], { job, rows } = state;
      const point = draw(job.random, network.output(lane), job.bias, job.reach, header.network).map(Math.fround);
      const phi = network.phi(lane), place = largest(phi);
      // A point that lifts the pen at once is the rest behind the line, if the window has come to its last character.
      const complete = state.lifted && point[2] > 0.5 && place >= job.codes.length - 1;
      if (!complete && rows.length < job.limit) {
        rows.push([point[0] * std[0] + mean[0], point[1] * std[1] + mean[1], point[2]]);
        state.place.push(place);
        if (job.attention) state.phi.push([...phi]);
        state.lifted = point[2] > 0.5;
        x.set(point, lane * 3);
        continue;
      }
      ended.push({ job, result: resultOf(state, complete) });
      const last = lanes.pop();
      if (last !== state) { // the lanes stay together
        network.move(lanes.length, lane);
        x.copyWithin(lane * 3, lanes.length * 3, lanes.length * 3 + 3);
        lanes[lane] = last;
      }
    }
    yield ended;
  }
}

function resultOf({ job, rows, place, phi }, complete) {
  const eos = rows.map((row) => row[2]);
  if (rows.length) rows.at(-1)[2] = 1; // the pen lifts at the end, also where the cap ended the line
  return {
    draft: draft(complete, place, eos, job.codes.length, startsWithTick(rows, job.text)),
    points: levelled(rows), attention: job.attention ? phi : null,
  };
}

/** Rows [dx, dy, eos] without the line's slope, their places rounded. */
export function levelled(rows) {
  const strokes = [[]];
  let x = 0, y = 0;
  for (const [dx, dy, eos] of rows) {
    strokes.at(-1).push([(x += dx), (y += dy)]);
    if (eos) strokes.push([]);
  }
  strokes.pop();
  const points = [];
  let before = [0, 0];
  for (const stroke of deskewed(strokes)) {
    stroke.forEach((point, i) => {
      const place = point.map((value) => Math.round(value * GRAIN));
      points.push([(place[0] - before[0]) / GRAIN, (place[1] - before[1]) / GRAIN, i === stroke.length - 1 ? 1 : 0]);
      before = place;
    });
  }
  return points;
}

function largest(values) {
  let at = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[at]) at = i;
  return at;
}
