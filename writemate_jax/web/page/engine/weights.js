/**
 * The file of the network: what `writemate_jax/web/browser_model.py` writes.
 *
 * Bytes: "WMBM", the header's length as uint32, the header as JSON, and the tensors, which start at multiples of 4
 * behind it. All is little endian, as every browser's arrays are.
 */

const MAGIC = "WMBM", FORMAT = "writemate-browser-1";

/** {header, tensors: Map(name -> {shape, values: Float32Array})}. Throws an Error for other bytes. */
export function parse(buffer) {
  const bytes = new Uint8Array(buffer);
  const view = new DataView(buffer);
  if (bytes.length < 8 || String.fromCharCode(...bytes.subarray(0, 4)) !== MAGIC) {
    throw new Error("the file of the network is damaged or another file: it does not begin with WMBM");
  }
  const length = view.getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  if (header.format !== FORMAT) throw new Error(`the network's format is ${header.format}; this page reads ${FORMAT}`);
  const start = 8 + length;
  const tensors = new Map();
  for (const [name, { shape, type, at, scale }] of Object.entries(header.tensors)) {
    const size = shape.reduce((product, n) => product * n, 1);
    const values = type === "int8"
      ? dequantised(new Int8Array(buffer, start + at, size), new Float32Array(buffer, start + scale, shape.at(-1)))
      : new Float32Array(buffer, start + at, size);
    tensors.set(name, { shape, values });
  }
  return { header, tensors };
}

/** Whole numbers times the scale of their column. */
function dequantised(numbers, scales) {
  const values = new Float32Array(numbers.length);
  const columns = scales.length;
  for (let row = 0; row < numbers.length; row += columns) {
    for (let column = 0; column < columns; column++) values[row + column] = numbers[row + column] * scales[column];
  }
  return values;
}
