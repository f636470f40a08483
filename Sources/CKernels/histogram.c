#include "CKernels.h"
#include "column_sums.h"

void tessera_sum_histogram(
    tessera_level level, const tessera_crossbar *crossbar, int32_t units_per_level, const uint8_t *inputs,
    int64_t input_stride, int32_t windows, int32_t window_step, int32_t bins, double *histogram, uint8_t *scratch) {
  expand_kernel *expand = expand_portable;
  tile_kernel *sum_tile = tile_portable;
#ifdef TESSERA_X86
  if (level == TESSERA_LEVEL_AVX2) sum_tile = tile_avx2;
  if (level == TESSERA_LEVEL_AVX512_VNNI) {
    sum_tile = tile_vnni;
    expand = expand_vnni;
  }
#endif
  const int64_t all_quads = (crossbar->rows_per_read + 3) / 4;
  const int32_t columns = crossbar->outputs * crossbar->slices, tiles = (columns + TILE - 1) / TILE;
  const int32_t counted = (windows + window_step - 1) / window_step;
  uint32_t *codes = (uint32_t *)scratch;
  int32_t *sums = (int32_t *)(codes + all_quads * WINDOWS);
  int32_t *active = sums + TILE * SUMS_STRIDE;
  uint8_t *bits = (uint8_t *)(active + MOST_VECTORS);
  memset(bits, 0, (size_t)(all_quads * MOST_VECTORS * 4 + 64));
  for (int32_t first = 0; first < crossbar->rows; first += crossbar->rows_per_read) {
    const int32_t read = first / crossbar->rows_per_read, left = crossbar->rows - first;
    const int32_t rows = left < crossbar->rows_per_read ? left : crossbar->rows_per_read;
    const int32_t quads = (rows + 3) / 4;
    for (int32_t block = 0; block < counted; block += WINDOWS) {
      const int32_t width = counted - block < WINDOWS ? counted - block : WINDOWS;
      const vector_list list = list_vectors(
          inputs + (int64_t)block * window_step * input_stride + first, window_step * input_stride, width, rows, codes);
      if (list.count == 0) continue;
      expand(codes, quads, &list, bits);
      sum_tile(bits, list.padded, list.count, quads, crossbar->common + read * all_quads * TILE * 4, sums);
      memcpy(active, sums, sizeof(int32_t) * (size_t)list.padded);
      for (int32_t tile = 0; tile < tiles; tile++) {
        sum_tile(
            bits, list.padded, list.count, quads, crossbar->cells + (read * tiles + tile) * all_quads * TILE * 4, sums);
        for (int32_t c = 0; c < TILE && tile * TILE + c < columns; c++) {
          double *own = histogram + (int64_t)((tile * TILE + c) / crossbar->outputs) * bins;
          int32_t v = 0;
          for (int32_t bit = 0; bit < 8; bit++) {
            const double weight = (double)(1 << 2 * bit);
            for (int32_t end = v + __builtin_popcount(list.windows[bit]); v < end; v++) {
              const int32_t sum = sums[c * SUMS_STRIDE + v] + active[v] * crossbar->cell_offset + units_per_level / 2;
              const int32_t bin = sum > 0 ? sum / units_per_level : 0;
              own[bin < bins ? bin : bins - 1] += weight;
            }
          }
        }
      }
    }
  }
}
