#include "CKernels.h"
#include "dot.h"

tessera_level tessera_best_level(void) {
#ifdef TESSERA_X86
  if (__builtin_cpu_supports("avx512vnni") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    return TESSERA_LEVEL_AVX512_VNNI;
  if (__builtin_cpu_supports("avx2")) return TESSERA_LEVEL_AVX2;
#endif
  return TESSERA_LEVEL_PORTABLE;
}

void tessera_multiply(
    tessera_level level, tessera_matrix matrix, const uint8_t *inputs, int64_t input_stride,
    int32_t windows, int32_t *sums) {
  dot_kernel *dot = dot_portable;
#ifdef TESSERA_X86
  if (level == TESSERA_LEVEL_AVX2) dot = dot_bytes_avx2;
  if (level == TESSERA_LEVEL_AVX512_VNNI) dot = dot_vnni;
#endif
  const int64_t stride = (int64_t)matrix.panel_count * COLUMNS;
  for (int32_t p = 0; p < matrix.panel_count; p++) {
    const int8_t *panel = matrix.panels + (int64_t)p * matrix.quads * COLUMNS * 4;
    for (int32_t w = 0; w < windows; w += VECTORS) {
      const int32_t count = windows - w < VECTORS ? windows - w : VECTORS;
      const uint8_t *x[VECTORS];
      int32_t results[VECTORS][COLUMNS];
      for (int v = 0; v < VECTORS; v++) x[v] = inputs + (int64_t)(w + (v < count ? v : 0)) * input_stride;
      dot(x, panel, matrix.quads, results);
      for (int v = 0; v < count; v++)
        memcpy(sums + (w + v) * stride + (int64_t)p * COLUMNS, results[v], sizeof results[v]);
    }
  }
}

void tessera_multiply_reference(
    tessera_matrix matrix, const uint8_t *inputs, int64_t input_stride, int32_t windows, int32_t *sums) {
  const int64_t columns = (int64_t)matrix.panel_count * COLUMNS;
  for (int32_t w = 0; w < windows; w++) {
    for (int64_t c = 0; c < columns; c++) {
      const int8_t *panel = matrix.panels + c / COLUMNS * matrix.quads * COLUMNS * 4;
      int32_t sum = 0;
      for (int32_t k = 0; k < 4 * matrix.quads; k++)
        sum += inputs[w * input_stride + k] * panel[(k / 4 * COLUMNS + c % COLUMNS) * 4 + k % 4];
      sums[w * columns + c] = sum;
    }
  }
}

static int32_t byte_multiply_adds_portable(int64_t count) {
  uint8_t inputs[64];
  int8_t weights[64];
  int32_t sums[64];
  for (int i = 0; i < 64; i++) inputs[i] = 1, weights[i] = (int8_t)(i % 3 - 1), sums[i] = 0;
  for (int64_t step = 0; step < 12 * count; step++) {
    // What the step adds must not be known before it is run.
    __asm__ volatile("" : : "r"(inputs), "r"(weights) : "memory");
    for (int i = 0; i < 64; i++) sums[i] += inputs[i] * weights[i];
  }
  int32_t sum = 0;
  for (int i = 0; i < 64; i++) sum += sums[i];
  return sum;
}

#ifdef TESSERA_X86
TARGET_AVX2 static int32_t byte_multiply_adds_avx2(int64_t count) {
  // Twelve chains hide the latency of every processor so far; sums of pairs stay within 16 bits by wrapping.
  __m256i sums[12];
  for (int i = 0; i < 12; i++) sums[i] = _mm256_setzero_si256();
  __m256i input = _mm256_set1_epi8(1), weights = _mm256_set1_epi8(-1);
  for (int64_t step = 0; step < 2 * count; step++) {
    __asm__ volatile("" : "+x"(input), "+x"(weights));
    for (int i = 0; i < 12; i++) sums[i] = _mm256_add_epi16(sums[i], _mm256_maddubs_epi16(input, weights));
  }
  for (int i = 1; i < 12; i++) sums[0] = _mm256_xor_si256(sums[0], sums[i]);
  return _mm256_extract_epi32(sums[0], 0);
}

TARGET_VNNI static int32_t byte_multiply_adds_vnni(int64_t count) {
  __m512i sums[12];
  for (int i = 0; i < 12; i++) sums[i] = _mm512_setzero_si512();
  __m512i input = _mm512_set1_epi8(1), weights = _mm512_set1_epi8(-1);
  for (int64_t step = 0; step < count; step++) {
    __asm__ volatile("" : "+v"(input), "+v"(weights));
    for (int i = 0; i < 12; i++) sums[i] = _mm512_dpbusd_epi32(sums[i], input, weights);
  }
  for (int i = 1; i < 12; i++) sums[0] = _mm512_xor_si512(sums[0], sums[i]);
  return _mm512_cvtsi512_si32(sums[0]);
}
#endif

int32_t tessera_byte_multiply_adds(tessera_level level, int64_t count) {
#ifdef TESSERA_X86
  if (level == TESSERA_LEVEL_AVX512_VNNI) return byte_multiply_adds_vnni(count);
  if (level == TESSERA_LEVEL_AVX2) return byte_multiply_adds_avx2(count);
#endif
  return byte_multiply_adds_portable(count);
}
