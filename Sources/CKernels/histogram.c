#include "CKernels.h"
#include "dot.h"

void tessera_sum_histogram(
    tessera_level level, const tessera_crossbar *crossbar, int32_t units_per_level, int32_t columns,
    const uint8_t *inputs, int64_t input_stride, int32_t windows, int32_t window_step, int32_t bins,
    double *histogram) {
  dot_kernel *dot = dot_portable;
#ifdef TESSERA_X86
  if (level == TESSERA_LEVEL_AVX2) dot = dot_bits_avx2;
  if (level == TESSERA_LEVEL_AVX512_VNNI) dot = dot_vnni;
#endif
  const int32_t quads = (crossbar->rows_per_read + 3) / 4;
  const int32_t panels = crossbar->column_groups * crossbar->slice_groups;
  uint8_t bits[8][4 * quads];
  for (int32_t first = 0; first < crossbar->rows; first += crossbar->rows_per_read) {
    const int32_t left = crossbar->rows - first;
    const int32_t rows = left < crossbar->rows_per_read ? left : crossbar->rows_per_read;
    const int8_t *cells =
        crossbar->cells + (int64_t)(first / crossbar->rows_per_read) * panels * quads * COLUMNS * 4;
    for (int32_t w = 0; w < windows; w += window_step) {
      int32_t offset[8], bit_of[8], count = 0;
      for (int32_t bit = 0; bit < 8; bit++) {
        int32_t active = 0;
        memset(bits[count], 0, sizeof bits[count]);
        for (int32_t k = 0; k < rows; k++) {
          bits[count][k] = (inputs[w * input_stride + first + k] >> bit) & 1;
          active += bits[count][k];
        }
        if (active == 0) continue;
        offset[count] = active * crossbar->cell_offset + units_per_level / 2;
        bit_of[count++] = bit;
      }
      for (int32_t panel = 0; panel < panels; panel++) {
        const int32_t first_output = panel / crossbar->slice_groups * 16;
        const int32_t outputs = columns - first_output < 16 ? columns - first_output : 16;
        for (int32_t v = 0; v < count; v += VECTORS) {
          const int32_t taken = count - v < VECTORS ? count - v : VECTORS;
          const uint8_t *x[VECTORS];
          int32_t sums[VECTORS][COLUMNS];
          for (int i = 0; i < VECTORS; i++) x[i] = bits[v + (i < taken ? i : 0)];
          dot(x, cells + (int64_t)panel * quads * COLUMNS * 4, quads, sums);
          for (int i = 0; i < taken; i++) {
            const double weight = (double)(1 << 2 * bit_of[v + i]);
            for (int32_t c = 0; c < COLUMNS; c++) {
              if (c % 16 >= outputs) continue;
              const int32_t slice = panel % crossbar->slice_groups * 4 + c / 16;
              const int32_t sum = sums[i][c] + offset[v + i];
              int32_t bin = sum > 0 ? sum / units_per_level : 0;
              if (bin >= bins) bin = bins - 1;
              histogram[(int64_t)slice * bins + bin] += weight;
            }
          }
        }
      }
    }
  }
}
