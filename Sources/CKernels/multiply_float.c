#include "CKernels.h"
#include "clones.h"

#include <string.h>

// Products are rounded before they are added on every processor, so that all give the same bits.
#pragma STDC FP_CONTRACT OFF

/// Windows that are multiplied together.
#define WINDOWS 6

typedef float columns_vector __attribute__((vector_size(4 * TESSERA_FLOAT_COLUMNS), aligned(4)));

CLONES void tessera_multiply_float(
    const float *panels, int32_t panel_count, int32_t rows, const float *inputs, int32_t windows,
    const float *biases, float *results) {
  const int64_t stride = (int64_t)panel_count * TESSERA_FLOAT_COLUMNS;
  for (int32_t p = 0; p < panel_count; p++) {
    const float *panel = panels + (int64_t)p * rows * TESSERA_FLOAT_COLUMNS;
    const columns_vector bias = *(const columns_vector *)(biases + (int64_t)p * TESSERA_FLOAT_COLUMNS);
    for (int32_t first = 0; first < windows; first += WINDOWS) {
      const int32_t count = windows - first < WINDOWS ? windows - first : WINDOWS;
      const float *x[WINDOWS];
      for (int w = 0; w < WINDOWS; w++) x[w] = inputs + (int64_t)(first + (w < count ? w : 0)) * rows;
      columns_vector s0 = bias, s1 = bias, s2 = bias, s3 = bias, s4 = bias, s5 = bias;
      for (int32_t k = 0; k < rows; k++) {
        const columns_vector weights = *(const columns_vector *)(panel + (int64_t)k * TESSERA_FLOAT_COLUMNS);
        s0 += x[0][k] * weights;
        s1 += x[1][k] * weights;
        s2 += x[2][k] * weights;
        s3 += x[3][k] * weights;
        s4 += x[4][k] * weights;
        s5 += x[5][k] * weights;
      }
      const columns_vector sums[WINDOWS] = {s0, s1, s2, s3, s4, s5};
      for (int32_t w = 0; w < count; w++)
        memcpy(results + (first + w) * stride + (int64_t)p * TESSERA_FLOAT_COLUMNS, &sums[w], sizeof sums[w]);
    }
  }
}
