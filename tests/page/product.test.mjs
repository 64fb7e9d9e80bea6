import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { createArithmetic } from "../../writemate_jax/web/page/engine/product.js";

const kernel = readFileSync(new URL("../../writemate_jax/web/page/engine/kernel.wasm", import.meta.url));

async function product() {
  const { array, matrix, multiply, fast } = await createArithmetic(300, kernel);
  const weights = Float32Array.from({ length: 50 }, (_, i) => Math.fround(Math.sin(i)));
  const x = array(5), y = array(16);
  x.set([1, -2, 0.5, 3, 0.1]);
  multiply(matrix([{ values: weights, rows: 5 }], 10), x, 5, y, 16, 1);
  return { fast, y: [...y] };
}

test("where a page may not compile, in the words of any browser, products are the same and slower", async (t) => {
  const quick = await product();
  assert.equal(quick.fast, true);
  t.mock.method(WebAssembly, "instantiate", async () => { throw new WebAssembly.CompileError("not allowed"); });
  assert.deepEqual(await product(), { ...quick, fast: false });
  t.mock.method(WebAssembly, "Memory", class { constructor() { throw new EvalError("not allowed"); } }); // Safari
  assert.deepEqual(await product(), { ...quick, fast: false });
});
