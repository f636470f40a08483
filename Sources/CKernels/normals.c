#include "CKernels.h"
#include "random.h"

#pragma STDC FP_CONTRACT OFF

/// The standard normal quantile of p in (0, 1).
INLINE double quantile(double p) {
  const double q = p - 0.5, r = q * q;
  const double central =
      (((((-3.969683028665376e+01 * r + 2.209460984245205e+02) * r - 2.759285104469687e+02) * r +
         1.383577518672690e+02) * r - 3.066479806614716e+01) * r + 2.506628277459239) * q /
      (((((-5.447609879822406e+01 * r + 1.615858368580409e+02) * r - 1.556989798598866e+02) * r +
         6.680131188771972e+01) * r - 1.328068155288572e+01) * r + 1);
  const double side = q < 0 ? p : 1 - p;
  const double l = __builtin_elementwise_sqrt(-2 * logarithm(side));
  const double tail =
      (((((-7.784894002430293e-03 * l - 3.223964580411365e-01) * l - 2.400758277161838) * l -
         2.549732539343734) * l + 4.374664141464968) * l + 2.938163982698783) /
      ((((7.784695709041462e-03 * l + 3.224671290700398e-01) * l + 2.445134137142996) * l +
        3.754408661907416) * l + 1);
  const double outer = q < 0 ? tail : -tail;
  return side < 0.02425 ? outer : central;
}

/// The blocks first, first + 1, ... under a key, one per lane.
INLINE void philox(uint64_t key, uint64_t first, uint32_t c[4][LANES]) {
  uint64_t blocks[LANES];
  for (int i = 0; i < LANES; i++) blocks[i] = first + (uint64_t)i;
  philox_blocks(key, 0, blocks, c);
}

CLONES void tessera_normals(uint64_t key, int64_t count, double *values) {
  for (int64_t first = 0; first < count; first += 2 * LANES) {
    uint32_t c[4][LANES];
    philox(key, (uint64_t)first / 2, c);
    double z[2][LANES];
    for (int half = 0; half < 2; half++) {
      for (int i = 0; i < LANES; i++) {
        const uint64_t word = (uint64_t)c[2 * half + 1][i] << 32 | c[2 * half][i];
        // The middles of 2^52 equal parts of (0, 1), all exact: neither end is reached.
        const double p = ((double)(int64_t)(word >> 12) + 0.5) * 0x1p-52;
        z[half][i] = quantile(p);
      }
    }
    const int64_t left = count - first;
    for (int64_t i = 0; i < 2 * LANES && i < left; i++) values[first + i] = z[i % 2][i / 2];
  }
}

CLONES void tessera_add_quantiles(
    uint64_t key, int64_t count, const uint8_t *symbols, const double *quantiles, int32_t per_symbol,
    double *values) {
  for (int64_t first = 0; first < count; first += 4 * LANES) {
    uint32_t c[4][LANES];
    philox(key, (uint64_t)first / 4, c);
    const int64_t left = count - first;
    for (int64_t i = 0; i < 4 * LANES && i < left; i++) {
      // Place among the steps: 32 fractional bits.
      const uint64_t place = (uint64_t)c[i % 4][i / 4] * (uint32_t)(per_symbol - 1);
      const double *below = quantiles + (int64_t)symbols[first + i] * per_symbol + (place >> 32);
      const double fraction = ((double)(uint32_t)place + 0.5) * 0x1p-32;
      values[first + i] += below[0] + fraction * (below[1] - below[0]);
    }
  }
}
