/**
 * How likely ink says a text, to a small recogniser of pen movements: as writemate_jax/reading, which says why.
 *
 * Its network looks at frames of two points; a convolution is three products, with the frames before, of and behind each.
 */
import { encode } from "./alphabet.js";
import { exp, log, tanh } from "./elementary.js";
import { createArithmetic, padded } from "./product.js";

const POINTS = 2, FEATURES = 4; // points of a frame; of each: its offset, its pen, its height
const BLANK = 0;
const REPEATED_MARK = /([^\p{L}\p{N}\s])\1+/gu; // dots and dashes are a frame each, and CTC needs one between equal ones

/** {nats(rows, text)} of a parsed file (weights.js) that holds a reader; null for one that holds none. */
export async function createReader({ header, tensors }, kernel) {
  if (!header.reader) return null;
  const { alphabet, dilations, scale, rows: most } = header.reader;
  const tensor = (name) => tensors.get(`reader.${name}`);
  const width = tensor("first.bias").values.length, classes = tensor("last.classes.bias").values.length;
  const frames = Math.ceil(most / POINTS), inputs = POINTS * FEATURES, outputs = padded(classes);
  const weights = 3 * inputs * width + dilations.length * 4 * width * width + width * outputs;
  const { array, matrix, multiply } = await createArithmetic(weights + frames * (inputs + 3 * width + outputs), kernel);

  /** The product with frames that lie side by side in kernels of [parts * inputs][outputs]. */
  function dense(name, parts) {
    const { shape: [rows, columns], values } = tensor(`${name}.kernel`), each = rows / parts;
    const kernels = Array.from({ length: parts }, (_, i) => (
      matrix([{ values: values.subarray(i * each * columns, (i + 1) * each * columns), rows: each }], columns)));
    return { kernels, bias: tensor(`${name}.bias`).values };
  }
  const norm = (name) => ({ scale: tensor(`${name}.scale`).values, offset: tensor(`${name}.offset`).values });
  const first = dense("first", 3), last = dense("last.classes", 1), lastNorm = norm("last.norm");
  const layers = dilations.map((dilation, i) => ({ dilation, norm: norm(`layer_${i}.norm`),
    beside: dense(`layer_${i}.beside`, 3), inner: dense(`layer_${i}.inner`, 1) }));
  const seen = array(frames * inputs), x = array(frames * width), y = array(frames * width), z = array(frames * width);
  const logits = array(frames * outputs);

  /** to[t] = bias + what each kernel makes of the frame before, the frame itself and the frame behind, or of it alone. */
  function product({ kernels, bias }, from, size, to, stride, count, dilation = 0) {
    for (let t = 0; t < count; t++) to.set(bias, t * stride);
    kernels.forEach((kernel, i) => {
      const away = kernels.length === 1 ? 0 : (i - 1) * dilation, whole = count - Math.abs(away);
      if (whole <= 0) return;
      multiply(kernel, from.subarray(Math.max(away, 0) * size), size, to.subarray(Math.max(-away, 0) * stride), stride, whole);
    });
  }

  /** ln of the probability of each class in each frame of a line, as logits [frames][outputs] less `whole` [frames]. */
  function look(rows) {
    const count = Math.ceil(rows.length / POINTS);
    seen.fill(0, 0, count * inputs);
    let height = 0;
    rows.forEach((row, i) => {
      height += row[1];
      seen.set([row[0] * scale[0], row[1] * scale[1], row[2] * scale[2], height], i * FEATURES);
    });
    product(first, seen, inputs, x, width, count, 1);
    gelu(x, count * width);
    for (const { dilation, norm: own, beside, inner } of layers) {
      normed(x, own, y, width, count);
      product(beside, y, width, z, width, count, dilation);
      gelu(z, count * width);
      product(inner, z, width, y, width, count);
      for (let i = 0; i < count * width; i++) x[i] += y[i];
    }
    normed(x, lastNorm, y, width, count);
    logits.fill(0, 0, count * outputs);
    product(last, y, width, logits, outputs, count);
    return Array.from({ length: count }, (_, t) => whole(logits.subarray(t * outputs, t * outputs + classes)));
  }

  /** -ln P(text | rows), each repeated mark as one: all alignments' sum (CTC), infinite for too few frames. */
  function nats(rows, text) {
    if (!rows.length || rows.length > most) return Infinity;
    const all = look(rows), labels = [BLANK];
    for (const code of encode(text.replace(REPEATED_MARK, "$1"), alphabet)) labels.push(code, BLANK);
    let alpha = labels.map((_, i) => (i < 2 ? 0 : -Infinity));
    all.forEach((sum, t) => {
      const before = alpha;
      alpha = labels.map((label, i) => {
        let into = before[i];
        if (t) {
          if (i > 0) into = logAdd(into, before[i - 1]);
          if (i > 1 && label !== BLANK && label !== labels[i - 2]) into = logAdd(into, before[i - 2]);
        }
        return into + logits[t * outputs + label] - sum;
      });
    });
    return -logAdd(alpha.at(-1), alpha.at(-2));
  }

  return { nats };
}

function gelu(values, count) {
  const slope = Math.sqrt(2 / Math.PI);
  for (let i = 0; i < count; i++) {
    const v = values[i];
    values[i] = 0.5 * v * (1 + tanh(slope * (v + 0.044715 * v * v * v)));
  }
}

function normed(from, { scale, offset }, to, width, count) {
  for (let t = 0; t < count; t++) {
    let mean = 0, square = 0;
    for (let i = 0; i < width; i++) mean += from[t * width + i];
    mean /= width;
    for (let i = 0; i < width; i++) {
      const away = from[t * width + i] - mean;
      square += away * away;
    }
    const size = Math.sqrt(square / width + 1e-6);
    for (let i = 0; i < width; i++) to[t * width + i] = ((from[t * width + i] - mean) / size) * scale[i] + offset[i];
  }
}

function whole(values) {
  let most = -Infinity, sum = 0;
  for (const value of values) most = Math.max(most, value);
  for (const value of values) sum += exp(value - most);
  return most + log(sum);
}

function logAdd(a, b) {
  const most = Math.max(a, b);
  return most === -Infinity ? most : most + log(exp(a - most) + exp(b - most));
}
