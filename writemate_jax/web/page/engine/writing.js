/**
 * The loop that writes lines (Graves 2013, sections 5.3 and 5.4), as writemate_jax/sampling/sampler.py and writer.py:
 * several candidates of each line, of which the best is kept.
 *
 * What a line becomes depends on its own text, seed, bias and hand alone, to the bit, whatever is written beside it.
 *
 * A hand may have a primer, a line by the same person that writing goes on from: the network is led along it first, once
 * for all candidates, as if it had drawn it.
 */
import { strokesOf } from "../ink.js";
import { encode } from "./alphabet.js";
import { best, draft, faults, startsWithTick } from "./candidates.js";
import { hypot } from "./elementary.js";
import { EngineError } from "./error.js";
import { deskewed } from "./levelling.js";
import { withoutPrimer, withoutStop } from "./line_ends.js";
import { draw } from "./mixture.js";
import { LANES } from "./network.js";
import { baseline } from "./own_ink.js";
import { createRandom } from "./random.js";
import { unlike } from "./resemblance.js";

const GRAIN = 1000; // parts of an x-height that points are rounded to
// x-heights that the pen may go in a line, as on a server (settings.py): a hand made up of extreme numbers sends it
// billions away, and to look at ink costs as much as it is long.
const LONGEST_PATH = 10_000;

/**
 * Writes lines [{text, seed, hand, own, bias, candidates}], each the best of so many; yields after every step, so that
 * the caller can pause or give up, what lines that step has finished: [{index, line}, ...].
 *
 * hand: {style, primer, trait}, a vector as network.start takes it; null or {text, points}: what was written, with a
 * space behind it, and its points normalised, [T][3]; and null or what candidates are to be like (resemblance.js).
 * own: whether it is one of the user's.
 */
export function* write(network, lines, { attention = false }) {
  const { sampling } = network.header;
  const waiting = [], drafts = lines.map(() => []);

  const beginnings = lines.map(({ text, candidates, hand: { style, primer, trait } }) => {
    const codes = encode((primer?.text ?? "") + text, network.header.alphabet);
    return { style, codes, primer, read: primer?.text.length ?? 0, end: primer ? endOf(primer, network.header) : null,
      trait: candidates > 1 ? trait : null, reader: candidates > 1 ? network.reader : null,
      state: null }; // state: of the network behind the primer, once it has been there
  });

  /** The jobs of an attempt at a line; where there is a primer, that comes first. */
  function ask(index, attempt) {
    const { text, seed, bias, candidates } = lines[index], beginning = beginnings[index];
    const its = bias + attempt * sampling.moreBias;
    const jobs = Array.from({ length: candidates }, (_, i) => ({
      index, text, beginning, number: attempt * candidates + i, bias: its,
      reach: sampling.reach && its ? sampling.reach / its : Infinity, attention, random: createRandom(seed, attempt, i),
      limit: sampling.pointsPerCharacter * (text.length + sampling.freeCharacters),
    }));
    return beginning.primer && !beginning.state ? [{ beginning, jobs }] : jobs;
  }

  /** The line of an index, once no more drafts of it are to come. */
  function finish(index) {
    const { text, bias, candidates, own } = lines[index];
    if (drafts[index].length % candidates) return null;
    const ordered = [...drafts[index]].sort((a, b) => a.number - b.number);
    const each = (name) => ordered.map((one) => one[name]);
    const again = candidates > 1 && ordered.length === candidates;
    if (again && faults(each("draft"), text, sampling, each("unread"), own).every(Boolean)) {
      waiting.unshift(...ask(index, 1)); // a second try for what failed: by other numbers, and neater
      return null;
    }
    const chosen = ordered[best(each("draft"), text, sampling, each("unlike"), each("unread"), own)];
    drafts[index] = [];
    return { index, line: { text, bias, complete: chosen.draft.complete, points: chosen.points,
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
      const job = waiting.shift(), lane = lanes.length, { beginning } = job;
      if (beginning.state) {
        network.restore(lane, beginning.state);
        x.set(beginning.primer.points.at(-1), lane * 3);
      } else {
        network.start(lane, beginning.codes, beginning.style);
        x.set([-mean[0] / std[0], -mean[1] / std[1], 1], lane * 3); // the pen at rest at the origin
      }
      lanes.push({ job, steps: 0, rows: [], path: 0, place: [], phi: [], lifted: false });
    }
    if (!lanes.length) return;
    network.step(x, lanes.length);
    const ended = [];
    for (let lane = lanes.length - 1; lane >= 0; lane--) {
      const state = lanes[lane], { job } = state;
      if (job.jobs ? led(lane, state) : drawn(lane, state)) continue;
      if (job.jobs) {
        job.beginning.state = network.state(lane);
        waiting.unshift(...job.jobs);
      } else {
        ended.push({ job, result: resultOf(state, header) });
      }
      const last = lanes.pop();
      if (last !== state) { // the lanes stay together
        network.move(lanes.length, lane);
        x.copyWithin(lane * 3, lanes.length * 3, lanes.length * 3 + 3);
        lanes[lane] = last;
      }
    }
    yield ended;
  }

  /** Leads a lane to its primer's next point; whether there is another: the last one is the first that drawing reads. */
  function led(lane, state) {
    const { points } = state.job.beginning.primer;
    if (state.steps === points.length - 1) return false;
    x.set(points[state.steps++], lane * 3);
    return true;
  }

  /** Draws a lane's next point; whether there is one. */
  function drawn(lane, state) {
    const { job, rows } = state, { codes, read } = job.beginning;
    const point = draw(job.random, network.output(lane), job.bias, job.reach, header.network).map(Math.fround);
    const phi = network.phi(lane), place = largest(phi);
    // A point that lifts the pen at once is the rest behind the line, if the window has come to its last character.
    state.complete = state.lifted && point[2] > 0.5 && place >= codes.length - 1;
    if (state.complete || rows.length === job.limit) return false;
    const [dx, dy] = [0, 1].map((axis) => point[axis] * std[axis] + mean[axis]);
    state.path += hypot(dx, dy);
    if (!(state.path <= LONGEST_PATH)) {
      throw new EngineError("invalid", "In this hand the pen runs away from the line; learn it anew, or take another.");
    }
    rows.push([dx, dy, point[2]]);
    state.place.push(place - read);
    if (job.attention) state.phi.push([...phi.subarray(read)]);
    state.lifted = point[2] > 0.5;
    x.set(point, lane * 3);
    return true;
  }
}

function resultOf({ job, complete, ...written }, { letters, resemblance, sampling }) {
  const behind = job.beginning.primer ? withoutPrimer(written) : written;
  const { rows, place, phi } = withoutStop(behind, job.text, sampling);
  const eos = rows.map((row) => row[2]), { end, trait, reader } = job.beginning;
  if (rows.length) rows.at(-1)[2] = 1; // the pen lifts at the end, also where the cap ended the line
  const tick = startsWithTick(rows, job.text), away = trait ? unlike(rows, trait, resemblance) : 0;
  if (end && rows.length) fromOwnOrigin(rows, end);
  return {
    draft: draft(complete, place.map((one) => Math.max(0, one)), eos, job.text.length, tick), unlike: away,
    unread: reader ? reader.nats(rows, job.text) : 0, points: levelled(rows, job.text, letters),
    attention: job.attention ? phi : null,
  };
}

/** Where a primer ends, in x-heights. */
function endOf({ points }, { mean, std }) {
  return [0, 1].map((axis) => points.reduce((sum, point) => sum + point[axis] * std[axis] + mean[axis], 0));
}

/** Makes row 0, an offset from the primer's end, one from the line's own origin: its left edge on the baseline. */
function fromOwnOrigin(rows, end) {
  let x = end[0], left = Infinity;
  for (const [dx] of rows) left = Math.min(left, (x += dx));
  rows[0] = [end[0] + rows[0][0] - left, end[1] + rows[0][1], rows[0][2]];
}

/** Rows [dx, dy, eos] without the line's slope, the letters on the baseline, their places rounded. */
export function levelled(rows, text, letters) {
  const strokes = deskewed(strokesOf(rows));
  const points = [];
  let before = [0, Math.round(baseline(strokes, text, letters) * GRAIN)];
  for (const stroke of strokes) {
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
