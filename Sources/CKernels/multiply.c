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
