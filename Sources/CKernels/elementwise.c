#include "CKernels.h"
#include "clones.h"

#pragma STDC FP_CONTRACT OFF

/// Adding and subtracting 1.5 x 2^52 rounds to an integer with ties to even, on every processor.
static const double rounder = 6755399441055744.0;

static inline uint8_t clamped(double value, double lowest, double highest) {
  value = value < lowest ? lowest : value;
  value = value > highest ? highest : value;
  return (uint8_t)(int32_t)value;
}

CLONES void tessera_requantize(
    const int32_t *sums, int64_t sum_stride, int32_t windows, int32_t columns, const int32_t *offsets,
    const double *factors, int32_t zero_point, int32_t lowest, int32_t highest, uint8_t *codes,
    int64_t code_stride) {
  for (int32_t w = 0; w < windows; w++) {
    const int32_t *restrict row = sums + w * sum_stride;
    uint8_t *restrict out = codes + w * code_stride;
    for (int32_t c = 0; c < columns; c++) {
      const double product = ((double)row[c] + (double)offsets[c]) * factors[c];
      out[c] = clamped((product + rounder) - rounder + zero_point, lowest, highest);
    }
  }
}

CLONES void tessera_add(
    const uint8_t *left, int32_t left_zero, double left_factor, const uint8_t *right, int32_t right_zero,
    double right_factor, int64_t count, int32_t zero_point, int32_t lowest, int32_t highest,
    uint8_t *restrict codes) {
  for (int64_t i = 0; i < count; i++) {
    const double sum =
        (double)(left[i] - left_zero) * left_factor + (double)(right[i] - right_zero) * right_factor;
    codes[i] = clamped((sum + rounder) - rounder + zero_point, lowest, highest);
  }
}
