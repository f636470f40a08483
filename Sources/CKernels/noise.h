#ifndef TESSERA_NOISE_H
#define TESSERA_NOISE_H

#include "dot.h"

#pragma STDC FP_CONTRACT OFF

/// Finaliser of MurmurHash3's 64-bit variant.
INLINE uint64_t mix64(uint64_t z) {
  z = (z ^ (z >> 33)) * 0xff51afd7ed558ccdULL;
  z = (z ^ (z >> 33)) * 0xc4ceb9fe1a85ec53ULL;
  return z ^ (z >> 33);
}

/// A number of 0..4095 for one conversion: two multiply-and-shift rounds with half of the key in each.
INLINE uint32_t noise_index(uint32_t low, uint32_t high, uint32_t column) {
  uint32_t x = low ^ (column * 0x9e3779b9u);
  x = (x ^ (x >> 16)) * 0x7feb352du;
  x = (x ^ (x >> 15) ^ high) * 0x846ca68bu;
  return (x ^ (x >> 16)) >> 20;
}

/// Rounded to the grid, ties to even.
INLINE int32_t rounded(float units) { return (int32_t)((units + 12582912.0f) - 12582912.0f); }

#endif
