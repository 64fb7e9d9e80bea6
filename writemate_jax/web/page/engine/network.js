/**
 * The synthesis network of Graves (2013), a point at a time: LSTM layers with peepholes (eqs 7-11), the soft window
 * (46-51) and the outputs of the mixture. The same names and equations as in writemate_jax/model/.
 *
 * A lane is the state of one line. Lanes 0 to n - 1 move together, since a product that serves several of them reads
 * its weights once.
 */
import { exp, sigmoid, tanh } from "./elementary.js";
import { createArithmetic, padded } from "./product.js";
import { createReader } from "./reading.js";

export const LANES = 4; // more at once gain nothing, see docs/browser.md
const POINT = 3; // (dx, dy, eos)
const NOTHING = -40; // exp of less adds nothing to the window

/**
 * model: {header, tensors} as weights.js gives them. kernel: bytes of kernel.wasm, or null.
 *
 * start(lane, codes, style): a new line. step(x, count): moves lanes 0 to count - 1, by the last point of each in x.
 * output(lane): y, the 6m + 1 numbers that describe the next point. phi(lane): the window's weights, one a character and
 * one for the end. move(from, to): a line into another lane. state(lane): where its line is; restore(lane, state): goes
 * on from there. reader: what its lines are read by (reading.js), or null.
 */
export async function createNetwork({ header, tensors }, kernel = null) {
  const { layers: depth, cells, mixtures, components, styleSize, kappaScale, logLimit } = header.network;
  const text = header.alphabet.length, outputs = 6 * mixtures + 1;
  const of = (name) => tensors.get(name).values;
  const { array, matrix, multiply, fast } = await createArithmetic(floats(), kernel);
  const reader = await createReader({ header, tensors }, kernel);

  const layers = Array.from({ length: depth }, (_, l) => {
    const parts = ["point", "text", "below", "recurrent"].map((name) => tensors.get(`layer${l}.${name}`)).filter(Boolean)
      .map(({ shape, values }) => ({ values, rows: shape[0] }));
    const kernels = matrix(parts, 4 * cells);
    const width = kernels.inputs;
    return {
      kernels, width, input: array(LANES * width), z: array(LANES * 4 * cells),
      gates: new Float32Array(LANES * 4 * cells), // bias and style: the same at every step of a line
      c: new Float32Array(LANES * cells), bias: of(`layer${l}.bias`), peephole: of(`layer${l}.peephole`),
      state: width - cells, // where h begins in an input
    };
  });
  const windowSize = padded(3 * components);
  const window = {
    kernels: matrix([{ values: of("window.kernel"), rows: cells }], 3 * components),
    bias: of("window.bias"), z: array(LANES * windowSize), kappa: new Float64Array(LANES * components),
    codes: Array(LANES).fill([]), phi: Array(LANES).fill(new Float32Array(1)),
  };
  const headSize = padded(outputs);
  const head = {
    kernels: matrix([{ values: of("head.kernel"), rows: depth * cells }], outputs), bias: of("head.bias"),
    h: array(LANES * depth * cells), y: array(LANES * headSize),
  };
  const styleKernels = of("style.kernels");

  function floats() {
    const sizes = [depth * cells * padded(outputs), cells * padded(3 * components)];
    const inputs = Array.from({ length: depth }, (_, l) => POINT + text + (l ? 2 : 1) * cells);
    for (const width of inputs) sizes.push(width * padded(4 * cells), LANES * (width + 4 * cells));
    sizes.push(LANES * (depth * cells + padded(outputs) + padded(3 * components)), 4 * 16);
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** A new line in a lane: its codes [U] and its hand: a vector [s], behind which may stand what is added to the gates. */
  function start(lane, codes, style) {
    layers.forEach((layer, l) => {
      layer.input.fill(0, lane * layer.width, (lane + 1) * layer.width);
      layer.c.fill(0, lane * cells, (lane + 1) * cells);
      for (let j = 0; j < 4 * cells; j++) {
        let sum = 0;
        for (let s = 0; s < styleSize; s++) sum += style[s] * styleKernels[(l * styleSize + s) * 4 * cells + j];
        const more = style.length > styleSize ? style[styleSize + l * 4 * cells + j] : 0;
        layer.gates[lane * 4 * cells + j] = layer.bias[j] + sum + more;
      }
    });
    window.kappa.fill(0, lane * components, (lane + 1) * components);
    window.codes[lane] = codes;
    window.phi[lane] = new Float32Array(codes.length + 1);
  }

  /** Moves lanes 0 to count - 1 by the point x [count][3], offsets normalised. */
  function step(x, count) {
    layers.forEach((layer, l) => {
      const { input, width, z, kernels } = layer;
      z.set(layer.gates.subarray(0, count * 4 * cells));
      for (let lane = 0; lane < count; lane++) input.set(x.subarray(lane * POINT, (lane + 1) * POINT), lane * width);
      multiply(kernels, input, width, z, 4 * cells, count);
      for (let lane = 0; lane < count; lane++) cell(layer, lane);
      if (l === 0) look(layer, count);
      const above = layers[l + 1];
      for (let lane = 0; lane < count; lane++) {
        const h = input.subarray(lane * width + layer.state, (lane + 1) * width);
        above?.input.set(h, lane * above.width + POINT + text);
        head.h.set(h, (lane * depth + l) * cells);
      }
    });
    for (let lane = 0; lane < count; lane++) head.y.set(head.bias, lane * headSize);
    multiply(head.kernels, head.h, depth * cells, head.y, headSize, count);
  }

  /** Eqs 7-11 behind their products; h goes where the next step reads it, and z becomes what the gates let through. */
  function cell({ z, c, peephole, input, width, state }, lane) {
    const at = lane * 4 * cells, h = lane * width + state;
    for (let j = 0; j < cells; j++) {
      const former = c[lane * cells + j];
      const i = sigmoid(z[at + j] + peephole[j] * former);
      const f = sigmoid(z[at + cells + j] + peephole[cells + j] * former);
      const g = tanh(z[at + 2 * cells + j]), now = f * former + i * g;
      const o = sigmoid(z[at + 3 * cells + j] + peephole[2 * cells + j] * now);
      z[at + j] = i;
      z[at + cells + j] = f;
      z[at + 2 * cells + j] = g;
      z[at + 3 * cells + j] = o;
      c[lane * cells + j] = now;
      input[h + j] = o * tanh(now);
    }
  }

  /** Moves the window by what the first layer says; w goes where the layers above, and this one next time, read it. */
  function look({ input, width, state }, count) {
    for (let lane = 0; lane < count; lane++) window.z.set(window.bias, lane * windowSize);
    multiply(window.kernels, input.subarray(state), width, window.z, windowSize, count);
    for (let lane = 0; lane < count; lane++) {
      const phi = window.phi[lane], codes = window.codes[lane];
      phi.fill(0);
      for (let k = 0; k < components; k++) {
        const hat = (part) => Math.min(logLimit, Math.max(-logLimit, window.z[lane * windowSize + part * components + k]));
        const alpha = hat(0), beta = exp(hat(1));
        const kappa = (window.kappa[lane * components + k] += kappaScale * exp(hat(2)));
        for (let u = 0; u < phi.length; u++) {
          const exponent = alpha - beta * (kappa - u - 1) * (kappa - u - 1);
          if (exponent > NOTHING) phi[u] += exp(exponent);
        }
      }
      for (const layer of layers) {
        const w = lane * layer.width + POINT;
        layer.input.fill(0, w, w + text);
        codes.forEach((code, u) => { layer.input[w + code - 1] += phi[u]; });
      }
    }
  }

  function move(from, to) {
    const row = (values, size) => values.copyWithin(to * size, from * size, (from + 1) * size);
    for (const layer of layers) {
      row(layer.input, layer.width);
      row(layer.gates, 4 * cells);
      row(layer.c, cells);
    }
    row(window.kappa, components);
    window.codes[to] = window.codes[from];
    window.phi[to] = window.phi[from];
  }

  function state(lane) {
    const row = (values, size) => values.slice(lane * size, (lane + 1) * size);
    return {
      layers: layers.map(({ input, width, gates, c }) => [row(input, width), row(gates, 4 * cells), row(c, cells)]),
      kappa: row(window.kappa, components), codes: window.codes[lane], phi: window.phi[lane].slice(),
    };
  }

  function restore(lane, state) {
    layers.forEach((layer, l) => {
      const [input, gates, c] = state.layers[l];
      layer.input.set(input, lane * layer.width);
      layer.gates.set(gates, lane * 4 * cells);
      layer.c.set(c, lane * cells);
    });
    window.kappa.set(state.kappa, lane * components);
    window.codes[lane] = state.codes;
    window.phi[lane] = state.phi.slice();
  }

  return {
    header, fast, reader, start, step, move, state, restore, layers, window, styleKernels,
    output: (lane) => head.y.subarray(lane * headSize, lane * headSize + outputs),
    phi: (lane) => window.phi[lane],
  };
}
