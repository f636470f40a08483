#include "CKernels.h"

#include <string.h>

#pragma STDC FP_CONTRACT OFF

#if defined(__x86_64__) && defined(__linux__)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif
#define INLINE static inline __attribute__((always_inline))

/// Blocks that are computed together, one per vector lane.
#define LANES 16

/// Natural logarithm of a positive normal number, to about 1e-13, without branches or libm, so that every
/// processor gives the same bits.
INLINE double logarithm(double x) {
  uint64_t bits;
  memcpy(&bits, &x, sizeof bits);
  // x = m 2^e with m in [sqrt(1/2), sqrt(2)).
  const uint64_t shifted = bits - 0x3fe6a09e667f3bcdULL;
  const int32_t exponent = (int32_t)((int64_t)shifted >> 52);
  bits -= (uint64_t)(int64_t)exponent << 52;
  double m;
  memcpy(&m, &bits, sizeof m);
  // log m = 2 artanh t, |t| < 0.1716.
  const double t = (m - 1) / (m + 1), s = t * t;
  const double series =
      1 + s * (1.0 / 3 + s * (1.0 / 5 + s * (1.0 / 7 + s * (1.0 / 9 + s * (1.0 / 11 + s * (1.0 / 13))))));
  return 2 * t * series + exponent * 0.693147180559945309;
}

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

/// The blocks first, first + 1, ... of Philox4x32-10, one per lane.
INLINE void philox(uint64_t key, uint64_t first, uint32_t c[4][LANES]) {
  for (int i = 0; i < LANES; i++) {
    const uint64_t block = first + (uint64_t)i;
    c[0][i] = (uint32_t)block;
    c[1][i] = (uint32_t)(block >> 32);
    c[2][i] = 0;
    c[3][i] = 0;
  }
  uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
  for (int round = 0; round < 10; round++) {
    for (int i = 0; i < LANES; i++) {
      const uint64_t a = (uint64_t)0xd2511f53u * c[0][i], b = (uint64_t)0xcd9e8d57u * c[2][i];
      c[0][i] = (uint32_t)(b >> 32) ^ c[1][i] ^ k0;
      c[1][i] = (uint32_t)b;
      c[2][i] = (uint32_t)(a >> 32) ^ c[3][i] ^ k1;
      c[3][i] = (uint32_t)a;
    }
    k0 += 0x9e3779b9u;
    k1 += 0xbb67ae85u;
  }
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
