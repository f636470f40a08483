#ifndef TESSERA_RANDOM_H
#define TESSERA_RANDOM_H

#include "clones.h"

#include <stdint.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF

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

/// Ten rounds of Philox4x32 under a key on sixteen counters.
///
/// Words stand in the lower halves of 64-bit lanes, so that products need no shuffles; the upper halves hold what
/// is left of them.
INLINE void philox_rounds(uint64_t key, uint64_t c[4][LANES], uint32_t words[4][LANES]) {
  uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
  for (int round = 0; round < 10; round++) {
    for (int i = 0; i < LANES; i++) {
      const uint64_t a = 0xd2511f53u * (c[0][i] & 0xffffffffu), b = 0xcd9e8d57u * (c[2][i] & 0xffffffffu);
      c[0][i] = (b >> 32) ^ c[1][i] ^ k0;
      c[1][i] = b;
      c[2][i] = (a >> 32) ^ c[3][i] ^ k1;
      c[3][i] = a;
    }
    k0 += 0x9e3779b9u;
    k1 += 0xbb67ae85u;
  }
  for (int word = 0; word < 4; word++)
    for (int i = 0; i < LANES; i++) words[word][i] = (uint32_t)c[word][i];
}

/// Blocks of Philox4x32-10 under a key, one per lane: the lower half of each counter is given, the upper half
/// is the stream.
INLINE void philox_blocks(uint64_t key, uint64_t stream, const uint64_t blocks[LANES], uint32_t words[4][LANES]) {
  uint64_t c[4][LANES];
  for (int i = 0; i < LANES; i++) {
    c[0][i] = blocks[i];
    c[1][i] = blocks[i] >> 32;
    c[2][i] = stream;
    c[3][i] = stream >> 32;
  }
  philox_rounds(key, c, words);
}

/// The same block of sixteen streams.
INLINE void philox_streams(uint64_t key, const uint64_t streams[LANES], uint64_t block, uint32_t words[4][LANES]) {
  uint64_t c[4][LANES];
  for (int i = 0; i < LANES; i++) {
    c[0][i] = block;
    c[1][i] = block >> 32;
    c[2][i] = streams[i];
    c[3][i] = streams[i] >> 32;
  }
  philox_rounds(key, c, words);
}

#endif
