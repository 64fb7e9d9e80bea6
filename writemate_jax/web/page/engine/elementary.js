/**
 * exp, log, atan2 and what follows from them, by sums, products and square roots alone: the last bits of Math.exp
 * differ between browsers, and a bit decides, sooner or later, which way a line of ink goes.
 */

const LOG2E = 1.4426950408889634;
const LN2_HIGH = 0.6931471803691238, LN2_LOW = 1.9082149292705877e-10; // whole multiples of the first are exact
const LEAST = -708, MOST = 709; // beyond, exp leaves the normal numbers
const POWERS = powersOfTwo(-1023, 1024); // 2 ** k differs between browsers, too

/** e ** x to about 1e-13 of it. */
export function exp(x) {
  if (!(x > LEAST)) return x !== x ? NaN : 0;
  if (x > MOST) return Infinity;
  const k = Math.round(x * LOG2E);
  const r = x - k * LN2_HIGH - k * LN2_LOW; // -0.35 to 0.35: Taylor's series is good there
  const series = 1 + r * (1 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720 + r * (1 / 5040
    + r * (1 / 40320 + r * (1 / 362880 + r * (1 / 3628800))))))))));
  return series * POWERS[k + 1023];
}

const bits = new DataView(new ArrayBuffer(8));

/** The natural logarithm of a normal number above 0. */
export function log(x) {
  bits.setFloat64(0, x);
  let exponent = ((bits.getUint32(0) >>> 20) & 0x7ff) - 1023;
  let mantissa = x / POWERS[exponent + 1023];
  if (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent += 1;
  }
  const s = (mantissa - 1) / (mantissa + 1), s2 = s * s;
  let series = 0;
  for (let n = 19; n > 0; n -= 2) series = series * s2 + 2 / n;
  return exponent * LN2_LOW + s * series + exponent * LN2_HIGH;
}

export function hypot(x, y) {
  return Math.sqrt(x * x + y * y);
}

/** The direction of (x, y), -pi to pi, to about 1e-15; 0 for none. Zeros have no sign here. */
export function atan2(y, x) {
  if (x < 0) return (y < 0 ? -Math.PI : Math.PI) - atan2(y, -x);
  const whole = hypot(x, y);
  if (whole === 0) return 0;
  // The tangent of half the angle, and of half that, until Taylor's series is good: at most tan(pi / 16).
  const half = y / (whole + x);
  const quarter = half / (1 + Math.sqrt(1 + half * half));
  const eighth = quarter / (1 + Math.sqrt(1 + quarter * quarter)), square = eighth * eighth;
  let series = 0;
  for (let n = 23; n > 0; n -= 2) series = 1 / n - series * square;
  return 8 * eighth * series;
}

export function sigmoid(x) {
  return 1 / (1 + exp(-x));
}

export function tanh(x) {
  return 1 - 2 / (1 + exp(2 * x));
}

/** log(e ** a[0] + e ** a[1] + ...). */
export function logSumExp(values) {
  let most = -Infinity;
  for (const value of values) most = Math.max(most, value);
  let sum = 0;
  for (const value of values) sum += exp(value - most);
  return most + log(sum);
}

function powersOfTwo(least, most) {
  const powers = new Float64Array(most - least + 1);
  powers[-least] = 1;
  for (let k = 1; k <= most; k++) powers[k - least] = powers[k - 1 - least] * 2;
  for (let k = -1; k >= least; k--) powers[k - least] = powers[k + 1 - least] / 2;
  return powers;
}
