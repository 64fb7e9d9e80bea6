/* The product of matrices with vectors, all that takes long in a step of the network.
 *
 * kernel.wasm is made of it by
 *     pip install ziglang==0.17.1
 *     python -m ziglang cc -target wasm32-freestanding -mcpu=generic+simd128 -O3 -s -nostdlib \
 *         -Wl,--no-entry,--import-memory,-z,stack-size=4096 -o kernel.wasm kernel.c
 *
 * Each sum is made in the order of the inputs, so that it is the same to the bit for any number of vectors, and the same
 * as that of plainProduct in product.js.
 */
#include <wasm_simd128.h>

enum { PANEL = 8, TILE = 4 }; /* outputs and vectors whose sums stay in registers */

static inline __attribute__((always_inline)) void tile(const float *panel, int inputs, const float *x, int x_stride,
                                                       float *y, int y_stride, const int vectors) {
  v128_t low[TILE], high[TILE];
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
    low[v] = wasm_v128_load(y + v * y_stride);
    high[v] = wasm_v128_load(y + v * y_stride + 4);
  }
  for (int k = 0; k < inputs; k++, panel += PANEL) {
    v128_t w_low = wasm_v128_load(panel), w_high = wasm_v128_load(panel + 4);
#pragma clang loop unroll(full)
    for (int v = 0; v < vectors; v++) {
      v128_t input = wasm_v128_load32_splat(x + v * x_stride + k);
      low[v] = wasm_f32x4_add(low[v], wasm_f32x4_mul(input, w_low));
      high[v] = wasm_f32x4_add(high[v], wasm_f32x4_mul(input, w_high));
    }
  }
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
    wasm_v128_store(y + v * y_stride, low[v]);
    wasm_v128_store(y + v * y_stride + 4, high[v]);
  }
}

/* y[v] += x[v] W for each vector; W lies in panels of PANEL outputs, [outputs / PANEL][inputs][PANEL]. */
__attribute__((export_name("product"))) void product(const float *weights, int inputs, int outputs, const float *x,
                                                     int x_stride, float *y, int y_stride, int vectors) {
  for (int o = 0; o < outputs; o += PANEL, weights += inputs * PANEL) {
    int v = 0;
    for (; v + TILE <= vectors; v += TILE)
      tile(weights, inputs, x + v * x_stride, x_stride, y + v * y_stride + o, y_stride, TILE);
    for (; v < vectors; v++) tile(weights, inputs, x + v * x_stride, x_stride, y + v * y_stride + o, y_stride, 1);
  }
}
