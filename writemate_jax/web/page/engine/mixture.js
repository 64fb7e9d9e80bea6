/**
 * The distribution of the next point (dx, dy, eos): Gaussians and a Bernoulli (Graves 2013, eqs 15-26, 61-62), laid out
 * in y [6m + 1] as e-hat, pi-hat [m], mu [2m], sigma-hat [2m], rho-hat [m]. As writemate_jax/model/mdn.py.
 */
import { exp, log, logSumExp, sigmoid, tanh } from "./elementary.js";

/**
 * A point [dx, dy, eos] from y.
 *
 * bias: of eqs 61-62. reach: standard deviations that a draw is at most away; where it is finite, these are not
 * narrowed by the bias (eq 61).
 */
export function draw(random, y, bias, reach, { sigmaFloor, rhoMax }) {
  const m = (y.length - 1) / 6;
  const weights = logWeights(y, 1 + bias);
  let rest = random.uniform(), j = 0;
  for (; j < m - 1; j++) {
    rest -= exp(weights[j]);
    if (rest < 0) break;
  }
  const narrow = Number.isFinite(reach) ? 1 : exp(-bias);
  const sigma = (axis) => narrow * (exp(y[1 + 3 * m + 2 * j + axis]) + sigmaFloor);
  const rho = rhoMax * tanh(y[1 + 5 * m + j]);
  const n1 = random.normalWithin(reach), n2 = random.normalWithin(reach);
  const dx = y[1 + m + 2 * j] + sigma(0) * n1;
  const dy = y[2 + m + 2 * j] + sigma(1) * (rho * n1 + Math.sqrt((1 - rho) * (1 + rho)) * n2);
  return [dx, dy, random.uniform() < sigmoid(-y[0]) ? 1 : 0];
}

/** The logarithms of the components' weights [m], sharpened by a factor (eqs 19 and 62). */
function logWeights(y, sharper = 1) {
  const weights = new Float64Array((y.length - 1) / 6);
  for (let j = 0; j < weights.length; j++) weights[j] = y[1 + j] * sharper;
  const sum = logSumExp(weights);
  for (let j = 0; j < weights.length; j++) weights[j] -= sum;
  return weights;
}

/**
 * The log probability of a point (a term of eq 26, negative) and, where asked for, its derivative by y, into `slope`
 * [6m + 1].
 */
export function logProb(y, [dx, dy, eos], { sigmaFloor, rhoMax }, slope = null) {
  const m = (y.length - 1) / 6;
  const weights = logWeights(y), terms = new Float64Array(m), parts = [];
  for (let j = 0; j < m; j++) {
    const raw1 = exp(y[1 + 3 * m + 2 * j]), raw2 = exp(y[2 + 3 * m + 2 * j]);
    const sigma1 = raw1 + sigmaFloor, sigma2 = raw2 + sigmaFloor;
    const z1 = (dx - y[1 + m + 2 * j]) / sigma1, z2 = (dy - y[2 + m + 2 * j]) / sigma2;
    const t = tanh(y[1 + 5 * m + j]), rho = rhoMax * t;
    const room = (1 - rho) * (1 + rho), across = z1 - rho * z2;
    terms[j] = weights[j] - log(2 * Math.PI * sigma1 * sigma2) - 0.5 * log(room)
      - 0.5 * ((across * across) / room + z2 * z2);
    parts.push({ raw1, raw2, sigma1, sigma2, z1, z2, t, rho, room, across });
  }
  const density = logSumExp(terms), e = sigmoid(-y[0]);
  if (slope) {
    slope[0] = e - eos; // eq 30 for e-hat = minus the log odds
    for (let j = 0; j < m; j++) {
      const { raw1, raw2, sigma1, sigma2, z1, z2, t, rho, room, across } = parts[j];
      const own = exp(terms[j] - density); // the responsibility of eq 28
      const by1 = across / room, by2 = z2 - rho * by1; // of the quadratic's half, by z1 and z2
      slope[1 + j] = own - exp(weights[j]);
      slope[1 + m + 2 * j] = (own * by1) / sigma1;
      slope[2 + m + 2 * j] = (own * by2) / sigma2;
      slope[1 + 3 * m + 2 * j] = own * (by1 * z1 - 1) * (raw1 / sigma1);
      slope[2 + 3 * m + 2 * j] = own * (by2 * z2 - 1) * (raw2 / sigma2);
      slope[1 + 5 * m + j] = own * (rho / room + by1 * z2 - (rho * across * by1) / room) * rhoMax * (1 - t * t);
    }
  }
  // log(1 + exp(v)) without overflow, v the log odds of what did not happen.
  const v = eos > 0.5 ? y[0] : -y[0];
  return density - (Math.max(v, 0) + log(1 + exp(-Math.abs(v))));
}
