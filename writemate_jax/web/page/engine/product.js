/**
 * Products of matrices with vectors: by WebAssembly's vector instructions where the browser has them, and else in plain
 * JavaScript, to the same bits.
 */

const PANEL = 8; // outputs that lie together, see kernel.c
const PAGE = 65536; // bytes of WebAssembly's memory

/**
 * Room for so many floats, and the product that works on them.
 *
 * kernel: the bytes of kernel.wasm, or null. array(count): zeros, a Float32Array. matrix(parts, columns): weights for multiply,
 * of [inputs][columns] in parts that stand below each other. multiply(matrix, x, xStride, y, yStride, vectors): adds to each
 * vector y its x times the matrix; both are arrays (or parts of them) that array() gave.
 */
export async function createArithmetic(floats, kernel = null) {
  let buffer, multiply = plainProduct, fast = false;
  if (kernel) {
    try {
      const memory = new WebAssembly.Memory({ initial: Math.ceil((floats * 4) / PAGE) + 1 }); // and the stack
      const { instance } = await WebAssembly.instantiate(kernel, { env: { memory } });
      const { product } = instance.exports;
      buffer = memory.buffer;
      multiply = (matrix, x, xStride, y, yStride, vectors) =>
        product(matrix.panels.byteOffset, matrix.inputs, matrix.outputs, x.byteOffset, xStride, y.byteOffset, yStride,
          vectors);
      fast = true;
    } catch (error) {
      // A browser without vector instructions; or a page that may not compile, which Safari says of the memory already.
      if (!(error instanceof WebAssembly.CompileError || error instanceof EvalError)) throw error;
    }
  }
  buffer ??= new ArrayBuffer(floats * 4 + PAGE);
  let used = PAGE; // the kernel's own memory comes first

  function array(count) {
    const view = new Float32Array(buffer, used, count);
    used += Math.ceil(count / 4) * 16;
    return view;
  }

  /** parts: [{values, rows}], each [rows][columns]. Columns are padded with zeros to whole panels. */
  function matrix(parts, columns) {
    const inputs = parts.reduce((sum, { rows }) => sum + rows, 0), outputs = padded(columns);
    const panels = array(inputs * outputs);
    let row = 0;
    for (const { values, rows } of parts) {
      for (let r = 0; r < rows; r++, row++) {
        for (let o = 0; o < columns; o++) {
          panels[((o / PANEL) | 0) * inputs * PANEL + row * PANEL + (o % PANEL)] = values[r * columns + o];
        }
      }
    }
    return { panels, inputs, outputs };
  }

  return { array, matrix, multiply, fast };
}

/** Outputs with the padding that a matrix has. */
export function padded(outputs) {
  return Math.ceil(outputs / PANEL) * PANEL;
}

/** What kernel.c does, in the same order of sums. */
export function plainProduct({ panels, inputs, outputs }, x, xStride, y, yStride, vectors) {
  // The views may be of parts: what lies behind them is reached from their buffer.
  const xs = new Float32Array(x.buffer, x.byteOffset, (vectors - 1) * xStride + inputs);
  const ys = new Float32Array(y.buffer, y.byteOffset, (vectors - 1) * yStride + outputs);
  const { fround } = Math;
  for (let v = 0; v < vectors; v++) {
    for (let o = 0, w = 0; o < outputs; o += PANEL) {
      const y0 = v * yStride + o, x0 = v * xStride;
      let [a, b, c, d, e, f, g, h] = ys.subarray(y0, y0 + PANEL);
      for (let k = 0; k < inputs; k++, w += PANEL) {
        const input = xs[x0 + k];
        a = fround(a + fround(input * panels[w]));
        b = fround(b + fround(input * panels[w + 1]));
        c = fround(c + fround(input * panels[w + 2]));
        d = fround(d + fround(input * panels[w + 3]));
        e = fround(e + fround(input * panels[w + 4]));
        f = fround(f + fround(input * panels[w + 5]));
        g = fround(g + fround(input * panels[w + 6]));
        h = fround(h + fround(input * panels[w + 7]));
      }
      ys.set([a, b, c, d, e, f, g, h], y0);
    }
  }
}
