#ifndef TESSERA_COLUMN_SUMS_H
#define TESSERA_COLUMN_SUMS_H

#include "CKernels.h"
#include "dot.h"

/// Windows that are worked on together, and the most input vectors they make: one for each of 8 bits.
#define WINDOWS 32
#define MOST_VECTORS (8 * WINDOWS)
#define TILE TESSERA_TILE_COLUMNS
/// From one column's sums to the next: whole vectors may start anywhere.
#define SUMS_STRIDE (MOST_VECTORS + 16)

/// The input vectors of some windows on the rows of one read: bit after bit, within a bit the windows in which any
/// row is active.
typedef struct {
  int32_t count;
  /// Rounded up to whole vectors of sixteen; what lies in between has no meaning.
  int32_t padded;
  /// Windows in which a bit has active rows.
  uint32_t windows[8];
  /// Place of the first vector of a bit.
  int32_t first[8];
} vector_list;

/// Writes the vectors of a list as bytes of 0 and 1, `[quads][padded][4 rows]`, from codes `[quads][WINDOWS]`.
typedef void expand_kernel(const uint32_t *codes, int32_t quads, const vector_list *list, uint8_t *bits);

/// sums[c][v] = sum over the rows of vector v's bit times cells[row][c].
///
/// The bits are `[quads][stride][4]`, of which `count` vectors are taken, rounded up to sixteen; cells
/// `[quads][TILE][4]`, sums `[TILE][SUMS_STRIDE]`.
typedef void tile_kernel(
    const uint8_t *bits, int32_t stride, int32_t count, int32_t quads, const int8_t *cells, int32_t *sums);

/// Collects the codes of `count` windows on the rows of one read, `[quads][WINDOWS]`, and lists their vectors.
static inline vector_list list_vectors(
    const uint8_t *inputs, int64_t stride, int32_t count, int32_t rows, uint32_t *codes) {
  vector_list list = {0};
  const int32_t quads = (rows + 3) / 4;
  uint32_t any[WINDOWS] = {0};
  for (int32_t w = 0; w < WINDOWS; w++) {
    if (w >= count) {
      for (int32_t q = 0; q < quads; q++) codes[q * WINDOWS + w] = 0;
      continue;
    }
    const uint8_t *x = inputs + w * stride;
    for (int32_t q = 0; q < rows / 4; q++) {
      uint32_t word;
      memcpy(&word, x + 4 * q, sizeof word);
      codes[q * WINDOWS + w] = word;
      any[w] |= word;
    }
    if (rows % 4 != 0) {
      uint32_t word = 0;
      memcpy(&word, x + rows / 4 * 4, (size_t)(rows % 4));
      codes[rows / 4 * WINDOWS + w] = word;
      any[w] |= word;
    }
    any[w] |= any[w] >> 16;
    any[w] |= any[w] >> 8;
  }
  for (int32_t bit = 0; bit < 8; bit++) {
    for (int32_t w = 0; w < WINDOWS; w++) list.windows[bit] |= (any[w] >> bit & 1) << w;
    list.first[bit] = list.count;
    list.count += __builtin_popcount(list.windows[bit]);
  }
  list.padded = (list.count + 15) / 16 * 16;
  return list;
}

static inline void expand_portable(
    const uint32_t *codes, int32_t quads, const vector_list *list, uint8_t *bits) {
  for (int32_t q = 0; q < quads; q++) {
    uint8_t *out = bits + (int64_t)q * list->padded * 4;
    for (int32_t bit = 0; bit < 8; bit++) {
      for (uint32_t left = list->windows[bit]; left; left &= left - 1, out += 4) {
        const uint32_t word = codes[q * WINDOWS + __builtin_ctz(left)] >> bit & 0x01010101u;
        memcpy(out, &word, sizeof word);
      }
    }
  }
}

static inline void tile_portable(
    const uint8_t *bits, int32_t stride, int32_t count, int32_t quads, const int8_t *cells, int32_t *sums) {
  for (int32_t c = 0; c < TILE; c++) memset(sums + c * SUMS_STRIDE, 0, sizeof(int32_t) * (size_t)count);
  for (int32_t q = 0; q < quads; q++, cells += TILE * 4, bits += 4 * stride) {
    for (int32_t c = 0; c < TILE; c++) {
      int32_t *const out = sums + c * SUMS_STRIDE;
      const int8_t *w = cells + 4 * c;
      for (int32_t v = 0; v < count; v++) {
        const uint8_t *x = bits + 4 * v;
        out[v] += x[0] * w[0] + x[1] * w[1] + x[2] * w[2] + x[3] * w[3];
      }
    }
  }
}

#ifdef TESSERA_X86

/// Inputs of 0 and 1: pairs of products fit 16 bits, and so do 64 of them.
TARGET_AVX2 static inline void tile_avx2(
    const uint8_t *bits, int32_t stride, int32_t count, int32_t quads, const int8_t *cells, int32_t *sums) {
  const __m256i ones = _mm256_set1_epi16(1);
  for (int32_t start = 0; start < quads || start == 0; start += 64) {
    const int32_t end = start + 64 < quads ? start + 64 : quads;
    for (int32_t half = 0; half < TILE; half += 4) {
      for (int32_t v = 0; v < count; v += 16) {
        __m256i total[4][2];
        for (int c = 0; c < 4; c++) total[c][0] = total[c][1] = _mm256_setzero_si256();
        for (int32_t q = start; q < end; q++) {
          const uint8_t *x = bits + ((int64_t)q * stride + v) * 4;
          const __m256i first = _mm256_loadu_si256((const __m256i *)x);
          const __m256i second = _mm256_loadu_si256((const __m256i *)(x + 32));
          const int8_t *w = cells + ((int64_t)q * TILE + half) * 4;
          for (int c = 0; c < 4; c++) {
            const __m256i weight = _mm256_set1_epi32((int)quad_of((const uint8_t *)w, c));
            total[c][0] = _mm256_add_epi16(total[c][0], _mm256_maddubs_epi16(first, weight));
            total[c][1] = _mm256_add_epi16(total[c][1], _mm256_maddubs_epi16(second, weight));
          }
        }
        for (int c = 0; c < 4; c++) {
          for (int part = 0; part < 2; part++) {
            __m256i *out = (__m256i *)(sums + (half + c) * SUMS_STRIDE + v + 8 * part);
            __m256i wide = _mm256_madd_epi16(total[c][part], ones);
            if (start > 0) wide = _mm256_add_epi32(wide, _mm256_loadu_si256(out));
            _mm256_storeu_si256(out, wide);
          }
        }
      }
    }
  }
}

TARGET_VNNI static inline void expand_vnni(
    const uint32_t *codes, int32_t quads, const vector_list *list, uint8_t *bits) {
  const __m512i ones = _mm512_set1_epi32(0x01010101);
  for (int32_t q = 0; q < quads; q++) {
    // Whole vectors are stored one after the other; each overwrites what the last one left behind its end.
    uint8_t *out = bits + (int64_t)q * list->padded * 4;
    for (int32_t half = 0; half < 8; half++) {
      const uint32_t windows = list->windows[half];
      if (windows == 0) continue;
      const __m128i shift = _mm_cvtsi32_si128(half);
      for (int part = 0; part < WINDOWS; part += 16) {
        const __mmask16 some = (__mmask16)(windows >> part);
        const __m512i word = _mm512_loadu_si512(codes + q * WINDOWS + part);
        const __m512i bit = _mm512_and_si512(_mm512_srl_epi32(word, shift), ones);
        _mm512_storeu_si512(out, _mm512_maskz_compress_epi32(some, bit));
        out += 4 * __builtin_popcount(some);
      }
    }
  }
}

/// Sixteen times `groups` vectors of a tile.
TARGET_VNNI INLINE void some_vnni(
    const uint8_t *bits, int32_t stride, int32_t quads, const int8_t *cells, const int groups, int32_t *sums) {
  __m512i total[TILE][3];
#pragma clang loop unroll(full)
  for (int c = 0; c < TILE; c++)
    for (int g = 0; g < groups; g++) total[c][g] = _mm512_setzero_si512();
  for (int32_t q = 0; q < quads; q++, bits += 4 * stride, cells += TILE * 4) {
    __m512i x[3];
#pragma clang loop unroll(full)
    for (int g = 0; g < groups; g++) x[g] = _mm512_loadu_si512(bits + 64 * g);
#pragma clang loop unroll(full)
    for (int c = 0; c < TILE; c++) {
      const __m512i weights = _mm512_set1_epi32((int)quad_of((const uint8_t *)cells, c));
      for (int g = 0; g < groups; g++) total[c][g] = _mm512_dpbusd_epi32(total[c][g], x[g], weights);
    }
  }
#pragma clang loop unroll(full)
  for (int c = 0; c < TILE; c++)
    for (int g = 0; g < groups; g++) _mm512_storeu_si512(sums + c * SUMS_STRIDE + 16 * g, total[c][g]);
}

TARGET_VNNI static inline void tile_vnni(
    const uint8_t *bits, int32_t stride, int32_t count, int32_t quads, const int8_t *cells, int32_t *sums) {
  int32_t v = 0;
  for (; v + 32 < count; v += 48) some_vnni(bits + 4 * v, stride, quads, cells, 3, sums + v);
  if (count - v > 16) some_vnni(bits + 4 * v, stride, quads, cells, 2, sums + v);
  else if (count > v) some_vnni(bits + 4 * v, stride, quads, cells, 1, sums + v);
}

#endif
#endif
