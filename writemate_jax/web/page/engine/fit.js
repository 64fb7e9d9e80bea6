/**
 * The hand of some ink: the style vector that makes the ink likely, by a few steps of Adam along the derivative through
 * the whole network; what of it the vector leaves over, as something added to the gates; the line that writing goes on
 * from; and the ink's trait. As writemate_jax/hands/adapt.py and primers.py; the derivative is written out here.
 */
import { carried } from "../address.js";
import { encode } from "./alphabet.js";
import { exp, tanh } from "./elementary.js";
import { logProb } from "./mixture.js";
import { LANES } from "./network.js";
import { createArithmetic, padded } from "./product.js";
import { ownPrimer } from "./request.js";
import { trait } from "./resemblance.js";
import { check } from "./text_fit.js";

const GAP = 0.5; // x-heights from the ink to the rest behind it
const B1 = 0.9, B2 = 0.999, SMALL = 1e-8; // of Adam
const GRAIN = 1e4; // parts of 1 that what is handed on is rounded to
const MOST_POINTS = 800; // of the ink that steps are made with, the first lines': four of a card; more take longer

/**
 * network: see network.js. drawn: [{text, codes, rows}], rows [dx, dy, eos] as own_ink.js gives them. Yields after each
 * line that is checked and each step of Adam which share of the work is done, and returns {vector, before, after, hand}:
 * nats a point under the hand not known and under the one that was found, {vector, gates, primer, trait, weights}.
 * Throws EngineError "ink" for ink that hardly says its text. gates: null where there are few lines, which they would
 * learn by heart. primer: {text, strokes: rows}, or null where no line will do. trait: of all the lines (resemblance.js),
 * or null where it is the primer's. weights: which network the hand is for.
 */
export function* fit(network, backward, drawn, settings = network.header.fit) {
  const lines = withinMost(drawn);
  const { header } = network, size = header.network.styleSize;
  const table = backward.table;
  const unknown = Float64Array.from(table.subarray(0, size));
  const pull = pullOf(table, size, settings.pull);
  const rested = drawn.map((line) => ({ ...line, points: withRests(line.rows, header) }));
  for (const _ of check(network, rested, Float32Array.from(unknown), settings.least)) yield 0;
  const prepared = rested.slice(0, lines.length)
    .sort((a, b) => b.points.length - a.points.length); // lanes that have ended are the last ones
  const count = prepared.reduce((sum, { points }) => sum + points.length - 1, 0);
  const loss = (style, slope) => {
    let nats = 0;
    for (let first = 0; first < prepared.length; first += LANES) {
      nats += lossOf(network, backward, prepared.slice(first, first + LANES), style, slope);
    }
    return nats;
  };
  const deep = lines.length >= settings.gateLines, steps = deep ? settings.deepSteps : settings.steps;
  const whole = steps + (deep ? settings.gateSteps : 0) + 1;

  const vector = Float64Array.from(unknown), step = adam(vector, settings.rate), tried = [];
  for (let done = 0; done <= steps; done++) {
    const slope = done < steps ? new Float64Array(size) : null;
    const nats = loss(vector, slope);
    const own = vector.reduce((sum, x, s) => sum + (pull[s] * (x - unknown[s]) * (x - unknown[s])) / 2, 0);
    tried.push({ loss: (nats + own) / count, nats: nats / count, vector: [...vector] });
    if (slope) step((s) => (slope[s] + pull[s] * (vector[s] - unknown[s])) / count);
    yield (done + 1) / whole;
  }
  const found = tried.reduce((least, one) => (one.loss < least.loss ? one : least));
  const { weights } = header;
  const hand = { vector: found.vector.map(Math.fround), gates: null, primer: null, trait: null, weights };
  let style = Float32Array.from(hand.vector), after = found.nats;

  if (deep) {
    const { give } = backward; // of each gate: those that read the text give way little
    const shares = new Float64Array(give.length), gates = new Float64Array(give.length);
    const further = adam(shares, settings.gateRate);
    for (let done = 0; done < settings.gateSteps; done++) {
      const slope = new Float64Array(size + gates.length);
      loss([...hand.vector, ...gates], slope);
      further((i) => (slope[size + i] * give[i] + settings.gatePull * shares[i]) / count);
      for (let i = 0; i < give.length; i++) gates[i] = shares[i] * give[i];
      yield (steps + done + 2) / whole;
    }
    hand.gates = Array.from(gates, rounded);
    style = Float32Array.from([...hand.vector, ...hand.gates]);
    after = loss(style, null) / count;
  }

  const best = bestPrimer(network, lines, style);
  if (best) hand.primer = { text: best.text, strokes: best.rows.map(kept) };
  if (!best || drawn.length > 1) hand.trait = trait(drawn.map(({ rows }) => rows), header.resemblance).map(rounded);
  return { vector: hand.vector, before: tried[0].nats, after, hand };
}

/** The first lines, of which at least one, that do not have too many points together. */
function withinMost(lines) {
  let points = 0;
  const end = lines.findIndex(({ rows }, i) => (points += rows.length) > MOST_POINTS && i > 0);
  return end < 0 ? lines : lines.slice(0, end);
}

/** Steps along a derivative, which is called for each number's. */
function adam(values, rate) {
  const m = new Float64Array(values.length), v = new Float64Array(values.length);
  let [left1, left2] = [1, 1]; // B1 and B2 to the power of the steps made, of which a browser may choose the last bit
  return (slope) => {
    left1 *= B1;
    left2 *= B2;
    const [first, second] = [1 - left1, 1 - left2];
    const slopes = values.map((_, i) => slope(i));
    slopes.forEach((g, i) => {
      m[i] = B1 * m[i] + (1 - B1) * g;
      v[i] = B2 * v[i] + (1 - B2) * g * g;
      values[i] -= (rate * (m[i] / first)) / (Math.sqrt(v[i] / second) + SMALL);
    });
  };
}

function rounded(value) {
  return Math.round(value * GRAIN) / GRAIN;
}

/** The line that writing goes on from: of those behind which the window stands right, a long one; null for none. */
export function bestPrimer(network, lines, style) {
  const { primer, alphabet } = network.header;
  if (!alphabet.includes(" ")) return null; // nothing can stand between the line and what follows
  const fitting = lines.filter(({ text, rows }) => text.replaceAll(" ", "").length >= primer.letters
    && text.length <= primer.characters && rows.length <= primer.points);
  const astray = strays(network, fitting, style);
  const right = fitting.filter((_, i) => Math.abs(astray[i]) <= primer.astray);
  const place = ({ rows: { length } }) => (length <= primer.longest ? -length : length);
  return right.sort((a, b) => place(a) - place(b)).find((line) => isUsable(line, network.header)) ?? null;
}

/** Whether writing can go on from a line once it is kept, rounded as it is then. */
function isUsable({ text, rows }, header) {
  const { primer } = carried({ vector: [], primer: { text, strokes: rows.map(kept) }, ratio: 1 });
  try {
    ownPrimer(primer, header);
    return true;
  } catch (error) {
    if (error.kind !== "ink") throw error;
    return false;
  }
}

function kept([dx, dy, eos]) {
  return [rounded(dx), rounded(dy), eos];
}

/** How many characters the window is behind (or, negative, before) the space after each line when it is forced. */
export function strays(network, lines, style) {
  const { alphabet, mean, std } = network.header, x = new Float32Array(LANES * 3), astray = [];
  for (let first = 0; first < lines.length; first += LANES) {
    const some = lines.slice(first, first + LANES).map(({ text, rows }, i) => ({ text, at: first + i,
      points: [[0, 0, 1], ...rows].map(([dx, dy, eos]) => [(dx - mean[0]) / std[0], (dy - mean[1]) / std[1], eos]) }));
    some.sort((a, b) => b.points.length - a.points.length); // lanes that have ended are the last ones
    some.forEach(({ text }, lane) => network.start(lane, encode(`${text} ${text}`, alphabet), style));
    for (let t = 0; t < some[0].points.length; t++) {
      const active = some.filter(({ points }) => points.length > t);
      active.forEach(({ points }, lane) => x.set(points[t], lane * 3));
      network.step(x, active.length);
      active.forEach(({ points, text, at }, lane) => {
        if (t < points.length - 1) return;
        const phi = network.phi(lane);
        astray[at] = phi.indexOf(Math.max(...phi)) - text.length;
      });
    }
  }
  return astray;
}

/** The precision of the training's writers about the hand not known, times `pull`. */
function pullOf(table, size, pull) {
  const rows = table.length / size;
  return Array.from({ length: size }, (_, s) => {
    let square = 0;
    for (let row = 1; row < rows; row++) {
      const far = table[row * size + s] - table[s];
      square += far * far;
    }
    return pull / Math.max(square / (rows - 1), 1e-6);
  });
}

/** Points [x, y, eos] in the network's unit, between rests. */
export function withRests(rows, { mean, std }) {
  let x = 0, y = 0, right = -Infinity;
  for (const [dx, dy] of rows) {
    x += dx;
    y += dy;
    right = Math.max(right, x);
  }
  return [[0, 0, 1], ...rows, [right + GAP - x, -y, 1]].map(([dx, dy, eos]) => (
    [(dx - mean[0]) / std[0], (dy - mean[1]) / std[1], eos]));
}

/** The transposed kernels, through which derivatives flow back, and room for them. */
export async function createBackward({ header, tensors }, kernel = null) {
  const { layers, cells, mixtures, components } = header.network;
  const of = (name) => tensors.get(name);
  const names = Array.from({ length: layers }, (_, l) => ["text", ...(l ? ["below"] : []), "recurrent"]);
  const widths = names.map((own, l) => own.reduce((sum, name) => sum + of(`layer${l}.${name}`).shape[0], 0));
  const outputs = 6 * mixtures + 1;
  const sizes = [outputs * padded(layers * cells), 3 * components * padded(cells)];
  widths.forEach((width) => sizes.push(4 * cells * padded(width), LANES * (4 * cells + padded(width))));
  sizes.push(LANES * (outputs + padded(layers * cells) + 3 * components + padded(cells)), 16 * 16);
  const arithmetic = await createArithmetic(sizes.reduce((sum, size) => sum + size, 0), kernel);
  const { array, matrix } = arithmetic;
  const flow = (parts, columns) => ({
    kernels: matrix([{ values: transposed(parts), rows: parts[0].shape[1] }], columns),
    from: array(LANES * parts[0].shape[1]), inputs: parts[0].shape[1],
    to: array(LANES * padded(columns)), outputs: padded(columns),
  });
  return {
    multiply: arithmetic.multiply, table: of("style.table").values, give: of("fit.give").values,
    layers: names.map((own, l) => flow(own.map((name) => of(`layer${l}.${name}`)), widths[l])),
    head: flow([of("head.kernel")], layers * cells), window: flow([of("window.kernel")], cells),
  };
}

/** The parts below each other, [rows][columns] in all, as [columns][rows]. */
function transposed(parts) {
  const rows = parts.reduce((sum, { shape }) => sum + shape[0], 0), columns = parts[0].shape[1];
  const values = new Float32Array(rows * columns);
  let row = 0;
  for (const part of parts) {
    for (let r = 0; r < part.shape[0]; r++, row++) {
      for (let c = 0; c < columns; c++) values[c * rows + row] = part.values[r * columns + c];
    }
  }
  return values;
}

/**
 * Nats of some lines (the longest first) under a hand, a vector and perhaps what is added to the gates; adds their
 * derivative by the hand to `slope`, as far as that is long, unless it is null.
 */
export function lossOf(network, backward, lines, style, slope) {
  const { layers, window, header } = network;
  const { cells, components, kappaScale, logLimit, styleSize } = header.network;
  const text = header.alphabet.length, wide = 4 * cells;
  const longest = lines[0].points.length - 1;
  const active = (t) => lines.filter(({ points }) => points.length - 1 > t).length;

  // Forwards, keeping what the way back needs.
  lines.forEach(({ codes }, lane) => network.start(lane, codes, style));
  const trace = [], x = new Float32Array(LANES * 3);
  let nats = 0;
  for (let t = 0; t < longest; t++) {
    const count = active(t);
    for (let lane = 0; lane < count; lane++) x.set(lines[lane].points[t], lane * 3);
    const before = slope && layers.map(({ c }) => c.slice(0, count * cells));
    network.step(x, count);
    const slopes = [];
    for (let lane = 0; lane < count; lane++) {
      const own = slope && new Float64Array(network.output(lane).length);
      nats -= logProb(network.output(lane), lines[lane].points[t + 1], header.network, own);
      slopes.push(own);
    }
    if (slope) trace.push({ count, slopes, before, after: layers.map(({ c }) => c.slice(0, count * cells)),
      z: layers.map(({ z }) => z.slice(0, count * wide)), window: window.z.slice(0, count * padded(3 * components)),
      kappa: window.kappa.slice(0, count * components) });
  }

  if (!slope) return nats;

  // Backwards: the derivative of nats by everything that step t handed to step t + 1.
  const zeros = (size) => new Float64Array(LANES * size);
  const dh = layers.map(() => zeros(cells)), dc = layers.map(() => zeros(cells));
  const dw = zeros(text), dkappa = zeros(components);
  const dz = layers.map(() => new Float64Array(wide)); // summed over all steps: what a style adds to
  const pass = (flow, count) => {
    flow.to.fill(0);
    backward.multiply(flow.kernels, flow.from, flow.inputs, flow.to, flow.outputs, count);
  };
  for (let t = longest - 1; t >= 0; t--) {
    const { count, slopes, before, after, z, window: hats, kappa } = trace[t];
    slopes.forEach((own, lane) => own.forEach((value, i) => { backward.head.from[lane * own.length + i] = -value; }));
    pass(backward.head, count);
    for (let l = layers.length - 1; l >= 0; l--) {
      for (let lane = 0; lane < count; lane++) {
        const own = lane * backward.head.outputs + l * cells;
        for (let j = 0; j < cells; j++) dh[l][lane * cells + j] += backward.head.to[own + j];
      }
      if (l === 0) look(count, hats, kappa);
      for (let lane = 0; lane < count; lane++) cell(l, lane, before[l], after[l], z[l]);
      const flow = backward.layers[l];
      pass(flow, count);
      for (let lane = 0; lane < count; lane++) {
        const at = lane * flow.outputs;
        for (let v = 0; v < text; v++) dw[lane * text + v] += flow.to[at + v];
        if (l) for (let j = 0; j < cells; j++) dh[l - 1][lane * cells + j] += flow.to[at + text + j];
        const own = at + text + (l ? cells : 0);
        for (let j = 0; j < cells; j++) dh[l][lane * cells + j] = flow.to[own + j];
      }
    }
  }
  for (let l = 0; l < layers.length; l++) {
    for (let s = 0; s < styleSize; s++) {
      const row = (l * styleSize + s) * wide;
      for (let j = 0; j < wide; j++) slope[s] += dz[l][j] * network.styleKernels[row + j];
    }
    if (slope.length > styleSize) {
      for (let j = 0; j < wide; j++) slope[styleSize + l * wide + j] += dz[l][j];
    }
  }
  return nats;

  /** From dh and dc of step t to dz of it and dc of the step before. */
  function cell(l, lane, before, after, z) {
    const { peephole } = layers[l], from = backward.layers[l].from;
    for (let j = 0; j < cells; j++) {
      const at = lane * cells + j, gate = lane * wide + j;
      const former = before[at], now = after[at];
      const i = z[gate], f = z[gate + cells], g = z[gate + 2 * cells], o = z[gate + 3 * cells];
      const out = tanh(now);
      const byO = dh[l][at] * out * o * (1 - o);
      const byC = dc[l][at] + dh[l][at] * o * (1 - out * out) + byO * peephole[2 * cells + j];
      const byI = byC * g * i * (1 - i), byF = byC * former * f * (1 - f), byG = byC * i * (1 - g * g);
      dc[l][at] = byC * f + byI * peephole[j] + byF * peephole[cells + j];
      dz[l][j] += from[gate] = byI;
      dz[l][cells + j] += from[gate + cells] = byF;
      dz[l][2 * cells + j] += from[gate + 2 * cells] = byG;
      dz[l][3 * cells + j] += from[gate + 3 * cells] = byO;
    }
  }

  /** From dw and dkappa of step t to the window's share of the first layer's dh; dw begins anew for the step before. */
  function look(count, hats, kappa) {
    const flow = backward.window, width = padded(3 * components);
    for (let lane = 0; lane < count; lane++) {
      const { codes } = lines[lane];
      for (let k = 0; k < components; k++) {
        const raw = [0, 1, 2].map((part) => hats[lane * width + part * components + k]);
        const [alpha, beta, advance] = raw.map((hat) => Math.min(logLimit, Math.max(-logLimit, hat)));
        const sharp = exp(beta), place = kappa[lane * components + k];
        let byAlpha = 0, byBeta = 0, byKappa = dkappa[lane * components + k];
        codes.forEach((code, u) => {
          const d = place - u - 1, share = dw[lane * text + code - 1] * exp(alpha - sharp * d * d);
          byAlpha += share;
          byBeta -= share * d * d * sharp;
          byKappa -= 2 * share * sharp * d;
        });
        dkappa[lane * components + k] = byKappa;
        [byAlpha, byBeta, byKappa * kappaScale * exp(advance)].forEach((value, part) => {
          const inside = Math.abs(raw[part]) <= logLimit;
          flow.from[lane * flow.inputs + part * components + k] = inside ? value : 0;
        });
      }
    }
    dw.fill(0);
    pass(flow, count);
    for (let lane = 0; lane < count; lane++) {
      for (let j = 0; j < cells; j++) dh[0][lane * cells + j] += flow.to[lane * flow.outputs + j];
    }
  }
}
