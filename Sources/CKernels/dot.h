#ifndef TESSERA_DOT_H
#define TESSERA_DOT_H

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#define TESSERA_X86 1
#define TARGET_AVX2 __attribute__((target("avx2")))
#define TARGET_VNNI __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni,avx2")))
#endif

#define INLINE static inline __attribute__((always_inline))

/// Input vectors that one call of a dot kernel takes.
#define VECTORS 6
#define COLUMNS 64

/// A dot kernel: sums[v][c] = sum over the rows of a panel of x[v][row] * panel[row][c].
typedef void dot_kernel(
    const uint8_t *const x[VECTORS], const int8_t *panel, int32_t quads, int32_t sums[VECTORS][COLUMNS]);

static inline void dot_portable(
    const uint8_t *const x[VECTORS], const int8_t *panel, int32_t quads, int32_t sums[VECTORS][COLUMNS]) {
  memset(sums, 0, sizeof(int32_t) * VECTORS * COLUMNS);
  for (int32_t q = 0; q < quads; q++, panel += COLUMNS * 4) {
    for (int v = 0; v < VECTORS; v++) {
      const int16_t x0 = x[v][4 * q], x1 = x[v][4 * q + 1], x2 = x[v][4 * q + 2], x3 = x[v][4 * q + 3];
      if ((x0 | x1 | x2 | x3) == 0) continue;
      for (int c = 0; c < COLUMNS; c++) {
        const int8_t *w = panel + 4 * c;
        sums[v][c] += x0 * w[0] + x1 * w[1] + x2 * w[2] + x3 * w[3];
      }
    }
  }
}

#ifdef TESSERA_X86

INLINE uint32_t quad_of(const uint8_t *x, int32_t q) {
  uint32_t word;
  memcpy(&word, x + 4 * q, sizeof word);
  return word;
}

/// Any bytes: widened to 16 bits, so that no product saturates.
TARGET_AVX2 static inline void dot_bytes_avx2(
    const uint8_t *const x[VECTORS], const int8_t *panel, int32_t quads, int32_t sums[VECTORS][COLUMNS]) {
  for (int block = 0; block < 4; block++) {
    for (int first = 0; first < VECTORS; first += 3) {
      __m256i total[3][4];
      for (int v = 0; v < 3; v++)
        for (int j = 0; j < 4; j++) total[v][j] = _mm256_setzero_si256();
      const int8_t *w = panel + 64 * block;
      for (int32_t q = 0; q < quads; q++, w += COLUMNS * 4) {
        __m256i input[3];
        for (int v = 0; v < 3; v++) {
          const __m128i quad = _mm_cvtepu8_epi16(_mm_cvtsi32_si128((int)quad_of(x[first + v], q)));
          input[v] = _mm256_broadcastq_epi64(quad);
        }
        for (int j = 0; j < 4; j++) {
          const __m256i weights = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(w + 16 * j)));
          for (int v = 0; v < 3; v++)
            total[v][j] = _mm256_add_epi32(total[v][j], _mm256_madd_epi16(input[v], weights));
        }
      }
      // Each column has two partial sums side by side.
      for (int v = 0; v < 3; v++) {
        for (int j = 0; j < 4; j++) {
          int32_t parts[8];
          _mm256_storeu_si256((__m256i *)parts, total[v][j]);
          for (int c = 0; c < 4; c++)
            sums[first + v][16 * block + 4 * j + c] = parts[2 * c] + parts[2 * c + 1];
        }
      }
    }
  }
}

TARGET_VNNI static inline void dot_vnni(
    const uint8_t *const x[VECTORS], const int8_t *panel, int32_t quads, int32_t sums[VECTORS][COLUMNS]) {
  __m512i total[VECTORS][4];
#pragma clang loop unroll(full)
  for (int v = 0; v < VECTORS; v++)
    for (int j = 0; j < 4; j++) total[v][j] = _mm512_setzero_si512();
  for (int32_t q = 0; q < quads; q++, panel += COLUMNS * 4) {
    __m512i weights[4];
#pragma clang loop unroll(full)
    for (int j = 0; j < 4; j++) weights[j] = _mm512_loadu_si512(panel + 64 * j);
#pragma clang loop unroll(full)
    for (int v = 0; v < VECTORS; v++) {
      const __m512i input = _mm512_set1_epi32((int)quad_of(x[v], q));
      for (int j = 0; j < 4; j++) total[v][j] = _mm512_dpbusd_epi32(total[v][j], input, weights[j]);
    }
  }
#pragma clang loop unroll(full)
  for (int v = 0; v < VECTORS; v++)
    for (int j = 0; j < 4; j++) _mm512_storeu_si512(sums[v] + 16 * j, total[v][j]);
}

#endif
#endif
