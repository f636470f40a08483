#include "CKernels.h"
#include "dot.h"

#pragma STDC FP_CONTRACT OFF

/// Windows whose input bits are expanded together, and so the largest number of vectors: 8 bits each.
#define WINDOW_BLOCK 16
#define BLOCK_VECTORS (WINDOW_BLOCK * 8)

/// An input vector of one read: rows that are active in one bit of one window.
typedef struct {
  int32_t window;
  int32_t bit;
  int32_t active;
  /// Conductance units that do not come from the stored cells: offset of active cells, reference column.
  int32_t base;
  uint32_t noise_low;
  uint32_t noise_high;
} input_vector;

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

INLINE int32_t noise_of(const tessera_converter *adc, int32_t sum, int32_t active, uint32_t index) {
  float variance = adc->variance_fixed + adc->variance_per_cell * (float)active;
  variance = variance + adc->variance_per_sum * (float)sum;
  variance = variance > 0 ? variance : 0;
  const float noise = adc->normals[index] * __builtin_elementwise_sqrt(variance);
  // Rounded to the grid, ties to even.
  return (int32_t)((noise + 12582912.0f) - 12582912.0f);
}

INLINE int32_t uniform_code(const tessera_converter *adc, int32_t sum) {
  int32_t shifted = sum + adc->half;
  shifted = shifted > 0 ? shifted : 0;
  const int32_t code = (int32_t)(((uint32_t)shifted * (uint32_t)adc->multiplier) >> 16);
  return code < adc->maximum ? code : adc->maximum;
}

/// Describes one vector; rows are those of the read.
INLINE input_vector describe(
    const tessera_crossbar *crossbar, int32_t read, int32_t window, int32_t bit, int32_t active,
    int32_t reference) {
  const uint64_t key = mix64(
      crossbar->converter.noise_key + mix64((uint64_t)read << 40 | (uint64_t)window << 8 | (uint64_t)bit));
  return (input_vector){
      .window = window,
      .bit = bit,
      .active = active,
      .base = active * crossbar->cell_offset - reference,
      .noise_low = (uint32_t)key,
      .noise_high = (uint32_t)(key >> 32),
  };
}

/// Adds noise, converts and weights the sums of one vector and one panel, and adds them to its outputs.
INLINE void convert_panel(
    const tessera_crossbar *crossbar, const input_vector *vector, const int32_t *thresholds,
    int32_t panel_index, const int32_t *slice_weights, const int32_t *restrict raw,
    int32_t *restrict outputs) {
  const tessera_converter *adc = &crossbar->converter;
  int32_t sums[COLUMNS];
  int32_t codes[COLUMNS];
  for (int c = 0; c < COLUMNS; c++) sums[c] = raw[c] + vector->base;
  if (adc->normals) {
    const uint32_t first = (uint32_t)panel_index * COLUMNS;
    for (int c = 0; c < COLUMNS; c++) {
      const uint32_t index = noise_index(vector->noise_low, vector->noise_high, first + (uint32_t)c);
      sums[c] += noise_of(adc, sums[c], vector->active, index);
    }
  }
  if (thresholds) {
    memset(codes, 0, sizeof codes);
    for (int32_t t = 0; t < adc->maximum; t++, thresholds += COLUMNS)
      for (int c = 0; c < COLUMNS; c++) codes[c] += sums[c] >= thresholds[c];
  } else {
    for (int c = 0; c < COLUMNS; c++) codes[c] = uniform_code(adc, sums[c]);
  }
  for (int c = 0; c < 16; c++) {
    const int32_t weighted = codes[c] * slice_weights[0] + codes[16 + c] * slice_weights[1] +
                             codes[32 + c] * slice_weights[2] + codes[48 + c] * slice_weights[3];
    outputs[c] += weighted * (1 << vector->bit);
  }
}

/// The whole layer with one dot kernel; inlined into one function per instruction set.
INLINE int64_t row_parallel(
    const tessera_crossbar *crossbar, const uint8_t *inputs, int64_t input_stride, int32_t windows,
    int32_t *sums, dot_kernel *dot) {
  const int32_t quads = (crossbar->rows_per_read + 3) / 4;
  const int32_t length = 4 * quads;
  const int32_t reads = (crossbar->rows + crossbar->rows_per_read - 1) / crossbar->rows_per_read;
  const int32_t panels = crossbar->column_groups * crossbar->slice_groups;
  const int64_t outputs = 16 * (int64_t)crossbar->column_groups;
  int64_t active_reads = 0;
  uint8_t bits[BLOCK_VECTORS][length];
  input_vector vectors[BLOCK_VECTORS];
  for (int32_t read = 0; read < reads; read++) {
    const int32_t first = read * crossbar->rows_per_read;
    const int32_t rows =
        crossbar->rows - first < crossbar->rows_per_read ? crossbar->rows - first : crossbar->rows_per_read;
    const int8_t *cells = crossbar->cells + (int64_t)read * panels * quads * COLUMNS * 4;
    const int32_t *thresholds = crossbar->converter.thresholds;
    if (thresholds)
      thresholds += (int64_t)(read / crossbar->reads_per_tile) * panels * crossbar->converter.maximum * COLUMNS;
    for (int32_t block = 0; block < windows; block += WINDOW_BLOCK) {
      int32_t count = 0;
      for (int32_t w = block; w < windows && w < block + WINDOW_BLOCK; w++) {
        const uint8_t *x = inputs + w * input_stride + first;
        for (int32_t bit = 0; bit < 8; bit++) {
          uint8_t *out = bits[count];
          int32_t active = 0;
          for (int32_t k = 0; k < rows; k++) {
            out[k] = (x[k] >> bit) & 1;
            active += out[k];
          }
          if (active == 0) continue;
          memset(out + rows, 0, (size_t)(length - rows));
          int32_t reference = 0;
          if (crossbar->reference)
            for (int32_t k = 0; k < rows; k++) reference += out[k] * crossbar->reference[first + k];
          vectors[count++] = describe(crossbar, read, w, bit, active, reference);
        }
      }
      active_reads += count;
      for (int32_t panel = 0; panel < panels; panel++) {
        const int8_t *start = cells + (int64_t)panel * quads * COLUMNS * 4;
        const int32_t *levels =
            thresholds ? thresholds + (int64_t)panel * crossbar->converter.maximum * COLUMNS : 0;
        const int32_t column_group = panel / crossbar->slice_groups;
        const int32_t *slice_weights = crossbar->slice_weights + 4 * (panel % crossbar->slice_groups);
        for (int32_t v = 0; v < count; v += VECTORS) {
          const int32_t taken = count - v < VECTORS ? count - v : VECTORS;
          const uint8_t *x[VECTORS];
          int32_t raw[VECTORS][COLUMNS];
          for (int i = 0; i < VECTORS; i++) x[i] = bits[v + (i < taken ? i : 0)];
          dot(x, start, quads, raw);
          for (int i = 0; i < taken; i++) {
            const input_vector *vector = &vectors[v + i];
            convert_panel(
                crossbar, vector, levels, panel, slice_weights, raw[i],
                sums + vector->window * outputs + 16 * column_group);
          }
        }
      }
    }
  }
  return active_reads;
}

static int64_t row_parallel_portable(
    const tessera_crossbar *crossbar, const uint8_t *inputs, int64_t input_stride, int32_t windows,
    int32_t *sums) {
  return row_parallel(crossbar, inputs, input_stride, windows, sums, dot_portable);
}

#ifdef TESSERA_X86
TARGET_AVX2 static int64_t row_parallel_avx2(
    const tessera_crossbar *crossbar, const uint8_t *inputs, int64_t input_stride, int32_t windows,
    int32_t *sums) {
  return row_parallel(crossbar, inputs, input_stride, windows, sums, dot_bits_avx2);
}

TARGET_VNNI static int64_t row_parallel_vnni(
    const tessera_crossbar *crossbar, const uint8_t *inputs, int64_t input_stride, int32_t windows,
    int32_t *sums) {
  return row_parallel(crossbar, inputs, input_stride, windows, sums, dot_vnni);
}
#endif

int64_t tessera_row_parallel(
    tessera_level level, const tessera_crossbar *crossbar, const uint8_t *inputs, int64_t input_stride,
    int32_t windows, int32_t *sums) {
#ifdef TESSERA_X86
  if (level == TESSERA_LEVEL_AVX512_VNNI)
    return row_parallel_vnni(crossbar, inputs, input_stride, windows, sums);
  if (level == TESSERA_LEVEL_AVX2) return row_parallel_avx2(crossbar, inputs, input_stride, windows, sums);
#endif
  return row_parallel_portable(crossbar, inputs, input_stride, windows, sums);
}

int64_t tessera_row_parallel_reference(
    const tessera_crossbar *crossbar, const uint8_t *inputs, int64_t input_stride, int32_t windows,
    int32_t *sums) {
  const int32_t quads = (crossbar->rows_per_read + 3) / 4;
  const int32_t panels = crossbar->column_groups * crossbar->slice_groups;
  const tessera_converter *adc = &crossbar->converter;
  int64_t active_reads = 0;
  for (int32_t first = 0; first < crossbar->rows; first += crossbar->rows_per_read) {
    const int32_t read = first / crossbar->rows_per_read;
    for (int32_t w = 0; w < windows; w++) {
      for (int32_t bit = 0; bit < 8; bit++) {
        const uint8_t *x = inputs + w * input_stride + first;
        int32_t active = 0, reference = 0;
        for (int32_t k = 0; k < crossbar->rows_per_read && first + k < crossbar->rows; k++) {
          if (!((x[k] >> bit) & 1)) continue;
          active++;
          if (crossbar->reference) reference += crossbar->reference[first + k];
        }
        if (active == 0) continue;
        active_reads++;
        const input_vector vector = describe(crossbar, read, w, bit, active, reference);
        for (int32_t column = 0; column < panels * COLUMNS; column++) {
          const int32_t panel = column / COLUMNS, c = column % COLUMNS;
          const int32_t slice = panel % crossbar->slice_groups * 4 + c / 16;
          int32_t sum = vector.base;
          for (int32_t k = 0; k < crossbar->rows_per_read && first + k < crossbar->rows; k++) {
            const int64_t quad = ((int64_t)read * panels + panel) * quads + k / 4;
            if ((x[k] >> bit) & 1) sum += crossbar->cells[(quad * COLUMNS + c) * 4 + k % 4];
          }
          if (adc->normals) {
            const uint32_t index = noise_index(vector.noise_low, vector.noise_high, (uint32_t)column);
            sum += noise_of(adc, sum, active, index);
          }
          int32_t code = 0;
          if (adc->thresholds) {
            const int64_t row = ((int64_t)(read / crossbar->reads_per_tile) * panels + panel) * adc->maximum;
            for (int32_t t = 0; t < adc->maximum; t++) code += sum >= adc->thresholds[(row + t) * COLUMNS + c];
          } else {
            code = uniform_code(adc, sum);
          }
          const int64_t output =
              (int64_t)w * 16 * crossbar->column_groups + 16 * (panel / crossbar->slice_groups) + c % 16;
          sums[output] += code * crossbar->slice_weights[slice] * (1 << bit);
        }
      }
    }
  }
  return active_reads;
}
