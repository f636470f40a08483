#include "CKernels.h"
#include "column_sums.h"
#include "noise.h"

#pragma STDC FP_CONTRACT OFF

/// Vectors that a converter takes at once.
#define CONVERTED 128
/// Parts of a column whose currents are told apart where the line drops voltage.
#define MOST_SEGMENTS 8

/// What the vectors of a list have beside their bits; `[MOST_VECTORS]` each.
typedef struct {
  /// Active rows.
  int32_t active[MOST_VECTORS];
  /// Units that do not come from the stored cells: offset of active cells, reference column.
  int32_t base[MOST_VECTORS];
  uint32_t noise_low[MOST_VECTORS];
  uint32_t noise_high[MOST_VECTORS];
  /// Change of the reference column's current by the drop along its line.
  float idle_change[MOST_VECTORS];
} vector_facts;

/// Where a column is cut for the drop along its line.
typedef struct {
  int32_t count;
  /// Quads of a segment.
  int32_t quads;
  /// Rows between the converter and the first row of the read.
  int32_t before;
  /// Rows of the last segment.
  int32_t last_rows;
} segments;

INLINE uint64_t vector_key(const tessera_converter *adc, int32_t read, int32_t window, int32_t bit) {
  return mix64(adc->noise_key + mix64((uint64_t)read << 40 | (uint64_t)window << 8 | (uint64_t)bit));
}

INLINE int32_t noise_of(const tessera_converter *adc, int32_t sum, int32_t active, uint32_t index) {
  float variance = adc->variance_fixed + adc->variance_per_cell * (float)active;
  variance = variance + adc->variance_per_sum * (float)sum;
  variance = variance > 0 ? variance : 0;
  return rounded(adc->normals[index] * __builtin_elementwise_sqrt(variance));
}

INLINE int32_t uniform_code(const tessera_converter *adc, int32_t sum) {
  int32_t shifted = sum + adc->half;
  shifted = shifted > 0 ? shifted : 0;
  // No more than what gives the largest code, whose product 32 bits hold.
  const uint32_t most = (((uint32_t)adc->maximum << 16) + 65535) / (uint32_t)adc->multiplier;
  shifted = (uint32_t)shifted < most ? shifted : (int32_t)most;
  const int32_t code = (int32_t)(((uint32_t)shifted * (uint32_t)adc->multiplier) >> 16);
  return code < adc->maximum ? code : adc->maximum;
}

INLINE segments cut(const tessera_crossbar *crossbar, int32_t read, int32_t rows) {
  const int32_t quads = (crossbar->rows_per_read + 3) / 4;
  segments cuts = {.quads = (quads + MOST_SEGMENTS - 1) / MOST_SEGMENTS};
  cuts.count = ((rows + 3) / 4 + cuts.quads - 1) / cuts.quads;
  cuts.last_rows = rows - (cuts.count - 1) * 4 * cuts.quads;
  cuts.before = read % crossbar->reads_per_tile * crossbar->rows_per_read;
  return cuts;
}

/// Sum of the squared currents of the line's pieces, one piece a row: the currents of the cells beyond a piece flow
/// through it. Within a segment the cells are taken as evenly spread.
///
/// The caller goes from the far end to the converter: `beyond` is the current of the segments farther out, `own` of
/// this one.
INLINE float squared_currents(float beyond, float own, int32_t rows) {
  const float l = (float)rows, a = beyond + own;
  return l * a * a - a * own * (l - 1) + own * own * ((l - 1) * (2 * l - 1) / (6 * l));
}

/// What the drop along the line takes from a column's current, from the sum of the squared currents of its pieces:
/// the first order, 1 - line_drop * squares / total, continued as for one resistor in series.
INLINE float line_change(float line_drop, float total, float squares) {
  const float loss = line_drop * squares;
  return total > 0 ? -(total * loss) / (total + loss) : 0;
}

/// The changes of the currents of `padded` vectors. Segment s of vector v carries
/// stored[s][v] + active[s][v] * per_active units; `stored` may be missing.
INLINE void line_changes(
    const tessera_crossbar *crossbar, const segments *cuts, int32_t padded, const int32_t *stored,
    int64_t stored_stride, const float *active, float per_active, float *changes) {
  float beyond[MOST_VECTORS] = {0}, squares[MOST_VECTORS] = {0};
  for (int32_t s = cuts->count - 1; s >= 0; s--) {
    const int32_t rows = s == cuts->count - 1 ? cuts->last_rows : 4 * cuts->quads;
    for (int32_t v = 0; v < padded; v++) {
      const float own = (stored ? (float)stored[s * stored_stride + v] : 0) + active[s * MOST_VECTORS + v] * per_active;
      squares[v] = squares[v] + squared_currents(beyond[v], own, rows);
      beyond[v] = beyond[v] + own;
    }
  }
  for (int32_t v = 0; v < padded; v++) {
    const float all = squares[v] + (float)cuts->before * (beyond[v] * beyond[v]);
    changes[v] = line_change(crossbar->line_drop, beyond[v], all);
  }
}

/// Number of thresholds of a ladder at or below each sum; `sums` and `codes` hold whole batches of CONVERTED.
typedef void ladder_kernel(
    const int16_t *ladder, int32_t entries, int32_t centre, const int32_t *sums, int32_t count, uint16_t *codes);
/// Adds the codes of each window, weighed by their bits and a slice, to `out` `[WINDOWS]`.
typedef void gather_kernel(
    const vector_list *list, const uint16_t *codes, int32_t weight, int32_t *out);

static inline void ladder_portable(
    const int16_t *ladder, int32_t entries, int32_t centre, const int32_t *sums, int32_t count, uint16_t *codes) {
  int16_t near[MOST_VECTORS];
  for (int32_t v = 0; v < count; v++) {
    int32_t sum = sums[v] - centre;
    sum = sum > INT16_MAX ? INT16_MAX : sum;
    near[v] = (int16_t)(sum < INT16_MIN ? INT16_MIN : sum);
  }
  memset(codes, 0, sizeof(uint16_t) * (size_t)count);
  for (int32_t t = 0; t + 1 < entries; t++) {
    const int16_t threshold = ladder[t];
    for (int32_t v = 0; v < count; v++) codes[v] += near[v] >= threshold;
  }
}

static inline void gather_portable(
    const vector_list *list, const uint16_t *codes, int32_t weight, int32_t *out) {
  for (int32_t bit = 0; bit < 8; bit++)
    for (uint32_t left = list->windows[bit]; left; left &= left - 1)
      out[__builtin_ctz(left)] += (int32_t)*codes++ * weight * (1 << bit);
}

#ifdef TESSERA_X86
/// Thirty-two sums relative to the centre, saturated to 16 bits.
TARGET_VNNI INLINE __m512i near_sums(const int32_t *sums, __m512i centre) {
  const __m256i first = _mm512_cvtsepi32_epi16(_mm512_sub_epi32(_mm512_loadu_si512(sums), centre));
  const __m256i second = _mm512_cvtsepi32_epi16(_mm512_sub_epi32(_mm512_loadu_si512(sums + 16), centre));
  return _mm512_inserti64x4(_mm512_castsi256_si512(first), second, 1);
}

/// Thirty-two vectors in each of four chains go down the ladder by halves; it lies in one register, or two.
TARGET_VNNI INLINE void descend(
    const int16_t *ladder, const int entries, int32_t centre, const int32_t *sums, int32_t count, uint16_t *codes) {
  enum { CHAINS = CONVERTED / 32 };
  const __m512i middle = _mm512_set1_epi32(centre);
  const __m512i low = _mm512_loadu_si512(ladder);
  const __m512i high = entries > 32 ? _mm512_loadu_si512(ladder + 32) : low;
  for (int32_t v = 0; v < count; v += 32 * CHAINS) {
    __m512i near[CHAINS], code[CHAINS];
#pragma clang loop unroll(full)
    for (int i = 0; i < CHAINS; i++) {
      near[i] = near_sums(sums + v + 32 * i, middle);
      code[i] = _mm512_setzero_si512();
    }
#pragma clang loop unroll(full)
    for (int step = entries / 2; step > 0; step /= 2) {
      const __m512i ahead = _mm512_set1_epi16((short)(step - 1)), rise = _mm512_set1_epi16((short)step);
#pragma clang loop unroll(full)
      for (int i = 0; i < CHAINS; i++) {
        const __m512i place = _mm512_add_epi16(code[i], ahead);
        const __m512i threshold = entries > 32 ? _mm512_permutex2var_epi16(low, place, high)
                                               : _mm512_permutexvar_epi16(place, low);
        const __mmask32 reached = _mm512_cmpge_epi16_mask(near[i], threshold);
        code[i] = _mm512_mask_add_epi16(code[i], reached, code[i], rise);
      }
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < CHAINS; i++) _mm512_storeu_si512(codes + v + 32 * i, code[i]);
  }
}

TARGET_VNNI static inline void ladder_vnni(
    const int16_t *ladder, int32_t entries, int32_t centre, const int32_t *sums, int32_t count, uint16_t *codes) {
  switch (entries) {
    case 2: return descend(ladder, 2, centre, sums, count, codes);
    case 4: return descend(ladder, 4, centre, sums, count, codes);
    case 8: return descend(ladder, 8, centre, sums, count, codes);
    case 16: return descend(ladder, 16, centre, sums, count, codes);
    case 32: return descend(ladder, 32, centre, sums, count, codes);
    default: return descend(ladder, 64, centre, sums, count, codes);
  }
}

TARGET_VNNI static inline void gather_vnni(
    const vector_list *list, const uint16_t *codes, int32_t weight, int32_t *out) {
  __m512i total[2] = {_mm512_setzero_si512(), _mm512_setzero_si512()};
  for (int32_t bit = 0; bit < 8; bit++) {
    const uint32_t windows = list->windows[bit];
    if (windows == 0) continue;
    const __m128i shift = _mm_cvtsi32_si128(bit);
    for (int half = 0; half < 2; half++) {
      const __mmask16 some = (__mmask16)(windows >> 16 * half);
      const __m512i next = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)codes));
      codes += __builtin_popcount(some);
      total[half] = _mm512_add_epi32(total[half], _mm512_sll_epi32(_mm512_maskz_expand_epi32(some, next), shift));
    }
  }
  const __m512i factor = _mm512_set1_epi32(weight);
  for (int half = 0; half < 2; half++) {
    const __m512i sum = _mm512_loadu_si512(out + 16 * half);
    _mm512_storeu_si512(out + 16 * half, _mm512_add_epi32(sum, _mm512_mullo_epi32(total[half], factor)));
  }
}
#endif

/// The kernels of one instruction set.
typedef struct {
  expand_kernel *expand;
  tile_kernel *tile;
  ladder_kernel *ladder;
  gather_kernel *gather;
} instruction_set;

/// Memory of a call; sizes in elements.
typedef struct {
  /// `[quads][WINDOWS]`
  uint32_t *codes;
  /// `[quads][MOST_VECTORS][4]` and one vector more
  uint8_t *bits;
  /// `[outputs][WINDOWS]`
  int32_t *outputs;
  /// `[TILE][SUMS_STRIDE]`, and as many more as a converter takes at once
  int32_t *sums;
  /// `[MOST_SEGMENTS][TILE][SUMS_STRIDE]`
  int32_t *parts;
  /// Active rows of each segment, `[MOST_SEGMENTS][MOST_VECTORS]`
  float *active;
  vector_facts *facts;
  /// Errors of the reads of each output, `[outputs][MOST_VECTORS]`
  float *errors;
} scratch_memory;

INLINE int64_t aligned(int64_t bytes) { return (bytes + 63) / 64 * 64; }

/// Cuts the caller's memory; returns its size.
static int64_t cut_scratch(const tessera_crossbar *crossbar, uint8_t *memory, scratch_memory *out) {
  const int64_t quads = (crossbar->rows_per_read + 3) / 4;
  int64_t used = 0;
  const int64_t sizes[] = {
      quads * WINDOWS * 4,
      quads * MOST_VECTORS * 4 + 64,
      (int64_t)crossbar->outputs * WINDOWS * 4,
      (TILE * SUMS_STRIDE + CONVERTED) * 4,
      crossbar->line_drop > 0 ? MOST_SEGMENTS * TILE * SUMS_STRIDE * 4 : 0,
      crossbar->line_drop > 0 ? MOST_SEGMENTS * MOST_VECTORS * 4 : 0,
      sizeof(vector_facts),
      crossbar->profile ? (int64_t)crossbar->outputs * MOST_VECTORS * 4 : 0,
  };
  enum { PARTS = sizeof sizes / sizeof sizes[0] };
  uint8_t *parts[PARTS];
  for (int i = 0; i < PARTS; i++) {
    parts[i] = memory + used;
    used += aligned(sizes[i]);
  }
  if (out) {
    *out = (scratch_memory){
        (uint32_t *)parts[0], parts[1], (int32_t *)parts[2], (int32_t *)parts[3],
        (int32_t *)parts[4], (float *)parts[5], (vector_facts *)parts[6], (float *)parts[7]};
  }
  return used;
}

int64_t tessera_row_parallel_scratch(const tessera_crossbar *crossbar) { return cut_scratch(crossbar, 0, 0); }

/// Sums of one tile, segment by segment if the line drops voltage; leaves the segments in `parts`.
INLINE void sum_tile(
    const tessera_crossbar *crossbar, const segments *cuts, const vector_list *list, int32_t quads,
    const int8_t *cells, scratch_memory memory, tile_kernel *tile) {
  if (!(crossbar->line_drop > 0)) {
    tile(memory.bits, list->padded, list->count, quads, cells, memory.sums);
    return;
  }
  memset(memory.sums, 0, sizeof(int32_t) * TILE * SUMS_STRIDE);
  for (int32_t s = 0; s < cuts->count; s++) {
    const int32_t first = s * cuts->quads, left = quads - first;
    int32_t *part = memory.parts + s * TILE * SUMS_STRIDE;
    tile(
        memory.bits + (int64_t)first * list->padded * 4, list->padded, list->count,
        left < cuts->quads ? left : cuts->quads, cells + (int64_t)first * TILE * 4, part);
    for (int32_t c = 0; c < TILE; c++)
      for (int32_t v = 0; v < list->count; v++) memory.sums[c * SUMS_STRIDE + v] += part[c * SUMS_STRIDE + v];
  }
}

/// What all columns of a read share: active rows, offsets, keys, the drop along the reference column.
INLINE void describe(
    const tessera_crossbar *crossbar, const segments *cuts, const vector_list *list, int32_t read, int32_t block,
    int32_t quads, scratch_memory memory, tile_kernel *tile) {
  vector_facts *facts = memory.facts;
  const int64_t all_quads = (crossbar->rows_per_read + 3) / 4;
  sum_tile(crossbar, cuts, list, quads, crossbar->common + read * all_quads * TILE * 4, memory, tile);
  for (int32_t v = 0; v < list->count; v++) {
    facts->active[v] = memory.sums[v];
    facts->base[v] = facts->active[v] * crossbar->cell_offset - memory.sums[SUMS_STRIDE + v];
  }
  if (crossbar->line_drop > 0) {
    for (int32_t s = 0; s < cuts->count; s++)
      for (int32_t v = 0; v < list->count; v++)
        memory.active[s * MOST_VECTORS + v] = (float)memory.parts[s * TILE * SUMS_STRIDE + v];
    line_changes(crossbar, cuts, list->count, 0, 0, memory.active, crossbar->idle_current, facts->idle_change);
  }
  if (!crossbar->converter.normals) return;
  int32_t v = 0;
  for (int32_t bit = 0; bit < 8; bit++) {
    for (uint32_t left = list->windows[bit]; left; left &= left - 1, v++) {
      const uint64_t key = vector_key(&crossbar->converter, read, block + __builtin_ctz(left), bit);
      facts->noise_low[v] = (uint32_t)key;
      facts->noise_high[v] = (uint32_t)(key >> 32);
    }
  }
}

/// Converts the sums of one column, which line and noise change.
INLINE void convert(
    const tessera_crossbar *crossbar, const segments *cuts, const vector_list *list, int32_t column,
    const int16_t *ladder, scratch_memory memory, ladder_kernel *descend_ladder, uint16_t *codes) {
  const tessera_converter *adc = &crossbar->converter;
  const vector_facts *facts = memory.facts;
  const int32_t place = column % TILE * SUMS_STRIDE;
  int32_t *own = memory.sums + place;
  if (crossbar->line_drop > 0) {
    float changes[MOST_VECTORS];
    line_changes(
        crossbar, cuts, list->count, memory.parts + place, TILE * SUMS_STRIDE, memory.active,
        (float)crossbar->cell_offset + crossbar->idle_current, changes);
    for (int32_t v = 0; v < list->count; v++) own[v] += rounded(changes[v] - facts->idle_change[v]);
  }
  if (adc->normals) {
    for (int32_t v = 0; v < list->count; v++) {
      const uint32_t index = noise_index(facts->noise_low[v], facts->noise_high[v], (uint32_t)column);
      own[v] += noise_of(adc, own[v], facts->active[v], index);
    }
  }
  if (ladder) {
    descend_ladder(
        ladder + (int64_t)column * adc->ladder_stride, adc->maximum + 1, adc->ladder_centre, own, list->count,
        codes);
  } else {
    for (int32_t v = 0; v < list->count; v++) codes[v] = (uint16_t)uniform_code(adc, own[v]);
  }
}

/// Adds the errors of one column's reads to those of its output.
INLINE void add_errors(
    const tessera_crossbar *crossbar, int32_t count, int32_t slice, int32_t output, const int32_t *linear,
    const uint16_t *codes, scratch_memory memory) {
  const float weight = (float)crossbar->slice_weights[slice], value = weight * crossbar->profile->step;
  float *errors = memory.errors + (int64_t)output * MOST_VECTORS;
  for (int32_t v = 0; v < count; v++)
    errors[v] = (slice == 0 ? 0 : errors[v]) + (value * (float)codes[v] - weight * (float)linear[v]);
}

INLINE void add_profile(
    const tessera_crossbar *crossbar, int32_t read, int32_t reads, int32_t count, scratch_memory memory) {
  const tessera_profile *profile = crossbar->profile;
  for (int32_t output = 0; output < crossbar->outputs; output++) {
    const float *errors = memory.errors + (int64_t)output * MOST_VECTORS;
    double *own = profile->errors + ((int64_t)output * reads + read) * profile->class_count;
    for (int32_t v = 0; v < count; v++) {
      const int32_t active = memory.facts->active[v], class = profile->classes[active];
      const int64_t fine = (int64_t)read * (crossbar->rows_per_read + 1) + active;
      if (output == 0) {
        profile->counts[read * profile->class_count + class] += 1;
        profile->fine_counts[fine] += 1;
      }
      profile->fine_errors[fine] += (double)errors[v];
      own[class] += (double)errors[v];
      profile->squares[read * profile->class_count + class] += (double)errors[v] * (double)errors[v];
    }
  }
}

/// The whole layer with the kernels of one instruction set, into whose function it is inlined.
INLINE int64_t row_parallel(
    const tessera_crossbar *crossbar, const uint8_t *inputs, int64_t input_stride, int32_t windows, int32_t *sums,
    uint8_t *scratch, const instruction_set set) {
  scratch_memory memory;
  cut_scratch(crossbar, scratch, &memory);
  const tessera_converter *adc = &crossbar->converter;
  const int32_t slices = crossbar->slices, outputs = crossbar->outputs, columns = outputs * slices;
  const int64_t all_quads = (crossbar->rows_per_read + 3) / 4;
  const int32_t reads = (crossbar->rows + crossbar->rows_per_read - 1) / crossbar->rows_per_read;
  const int32_t tiles = (columns + TILE - 1) / TILE;
  int64_t active_reads = 0;
  memset(memory.bits, 0, (size_t)(all_quads * MOST_VECTORS * 4 + 64));
  for (int32_t block = 0; block < windows; block += WINDOWS) {
    const int32_t width = windows - block < WINDOWS ? windows - block : WINDOWS;
    memset(memory.outputs, 0, sizeof(int32_t) * (size_t)outputs * WINDOWS);
    for (int32_t read = 0; read < reads; read++) {
      const int32_t first = read * crossbar->rows_per_read;
      const int32_t rows =
          crossbar->rows - first < crossbar->rows_per_read ? crossbar->rows - first : crossbar->rows_per_read;
      const int32_t quads = (rows + 3) / 4;
      const vector_list list =
          list_vectors(inputs + block * input_stride + first, input_stride, width, rows, memory.codes);
      if (list.count == 0) continue;
      active_reads += list.count;
      set.expand(memory.codes, quads, &list, memory.bits);
      const segments cuts = cut(crossbar, read, rows);
      describe(crossbar, &cuts, &list, read, block, quads, memory, set.tile);
      const int8_t *cells = crossbar->cells + read * tiles * all_quads * TILE * 4;
      const int16_t *ladder = adc->ladders;
      if (ladder) ladder += read / crossbar->reads_per_tile * columns * adc->ladder_stride;
      for (int32_t tile = 0; tile < tiles; tile++, cells += all_quads * TILE * 4) {
        sum_tile(crossbar, &cuts, &list, quads, cells, memory, set.tile);
        for (int32_t column = tile * TILE; column < columns && column < (tile + 1) * TILE; column++) {
          const int32_t slice = column / outputs, output = column % outputs;
          int32_t *own = memory.sums + column % TILE * SUMS_STRIDE, linear[MOST_VECTORS];
          for (int32_t v = 0; v < list.count; v++) own[v] += memory.facts->base[v];
          if (crossbar->profile) memcpy(linear, own, sizeof(int32_t) * (size_t)list.count);
          // Converted by the 128, loaded by the 16.
          uint16_t codes[MOST_VECTORS + CONVERTED];
          convert(crossbar, &cuts, &list, column, ladder, memory, set.ladder, codes);
          if (crossbar->profile) add_errors(crossbar, list.count, slice, output, linear, codes, memory);
          set.gather(&list, codes, crossbar->slice_weights[slice], memory.outputs + (int64_t)output * WINDOWS);
        }
      }
      if (crossbar->profile) add_profile(crossbar, read, reads, list.count, memory);
    }
    for (int32_t w = 0; w < width; w++)
      for (int32_t o = 0; o < outputs; o++) sums[(int64_t)(block + w) * outputs + o] += memory.outputs[o * WINDOWS + w];
  }
  return active_reads;
}

static int64_t row_parallel_portable(
    const tessera_crossbar *crossbar, const uint8_t *inputs, int64_t input_stride, int32_t windows, int32_t *sums,
    uint8_t *scratch) {
  const instruction_set set = {expand_portable, tile_portable, ladder_portable, gather_portable};
  return row_parallel(crossbar, inputs, input_stride, windows, sums, scratch, set);
}

#ifdef TESSERA_X86
TARGET_AVX2 static int64_t row_parallel_avx2(
    const tessera_crossbar *crossbar, const uint8_t *inputs, int64_t input_stride, int32_t windows, int32_t *sums,
    uint8_t *scratch) {
  const instruction_set set = {expand_portable, tile_avx2, ladder_portable, gather_portable};
  return row_parallel(crossbar, inputs, input_stride, windows, sums, scratch, set);
}

TARGET_VNNI static int64_t row_parallel_vnni(
    const tessera_crossbar *crossbar, const uint8_t *inputs, int64_t input_stride, int32_t windows, int32_t *sums,
    uint8_t *scratch) {
  const instruction_set set = {expand_vnni, tile_vnni, ladder_vnni, gather_vnni};
  return row_parallel(crossbar, inputs, input_stride, windows, sums, scratch, set);
}
#endif

int64_t tessera_row_parallel(
    tessera_level level, const tessera_crossbar *crossbar, const uint8_t *inputs, int64_t input_stride,
    int32_t windows, int32_t *sums, uint8_t *scratch) {
#ifdef TESSERA_X86
  if (level == TESSERA_LEVEL_AVX512_VNNI)
    return row_parallel_vnni(crossbar, inputs, input_stride, windows, sums, scratch);
  if (level == TESSERA_LEVEL_AVX2)
    return row_parallel_avx2(crossbar, inputs, input_stride, windows, sums, scratch);
#endif
  return row_parallel_portable(crossbar, inputs, input_stride, windows, sums, scratch);
}

int64_t tessera_row_parallel_reference(
    const tessera_crossbar *crossbar, const uint8_t *inputs, int64_t input_stride, int32_t windows,
    int32_t *sums) {
  const int32_t outputs = crossbar->outputs, columns = outputs * crossbar->slices;
  const int64_t quads = (crossbar->rows_per_read + 3) / 4, tiles = (columns + TILE - 1) / TILE;
  const tessera_converter *adc = &crossbar->converter;
  int64_t active_reads = 0;
  for (int32_t first = 0; first < crossbar->rows; first += crossbar->rows_per_read) {
    const int32_t read = first / crossbar->rows_per_read;
    const int32_t left = crossbar->rows - first;
    const int32_t rows = left < crossbar->rows_per_read ? left : crossbar->rows_per_read;
    const segments cuts = cut(crossbar, read, rows);
    for (int32_t w = 0; w < windows; w++) {
      for (int32_t bit = 0; bit < 8; bit++) {
        const uint8_t *x = inputs + w * input_stride + first;
        int32_t active = 0, deviation = 0;
        float idle[MOST_SEGMENTS] = {0};
        for (int32_t k = 0; k < rows; k++) {
          if (!((x[k] >> bit) & 1)) continue;
          active++;
          deviation += crossbar->common[((read * quads + k / 4) * TILE + 1) * 4 + k % 4];
          idle[k / (4 * cuts.quads)] += 1;
        }
        if (active == 0) continue;
        active_reads++;
        const uint64_t key = vector_key(adc, read, w, bit);
        for (int32_t column = 0; column < columns; column++) {
          int32_t sum = active * crossbar->cell_offset - deviation;
          int32_t parts[MOST_SEGMENTS] = {0};
          for (int32_t k = 0; k < rows; k++) {
            if (!((x[k] >> bit) & 1)) continue;
            const int64_t quad = (read * tiles + column / TILE) * quads + k / 4;
            const int8_t cell = crossbar->cells[(quad * TILE + column % TILE) * 4 + k % 4];
            sum += cell;
            parts[k / (4 * cuts.quads)] += cell;
          }
          if (crossbar->line_drop > 0) {
            float change, idle_change, beyond = 0, idle_beyond = 0, squares = 0, idle_squares = 0;
            for (int32_t s = cuts.count - 1; s >= 0; s--) {
              const int32_t length = s == cuts.count - 1 ? cuts.last_rows : 4 * cuts.quads;
              const float own =
                  (float)parts[s] + idle[s] * ((float)crossbar->cell_offset + crossbar->idle_current);
              const float idle_own = idle[s] * crossbar->idle_current;
              squares = squares + squared_currents(beyond, own, length);
              idle_squares = idle_squares + squared_currents(idle_beyond, idle_own, length);
              beyond = beyond + own;
              idle_beyond = idle_beyond + idle_own;
            }
            squares = squares + (float)cuts.before * (beyond * beyond);
            idle_squares = idle_squares + (float)cuts.before * (idle_beyond * idle_beyond);
            change = line_change(crossbar->line_drop, beyond, squares);
            idle_change = line_change(crossbar->line_drop, idle_beyond, idle_squares);
            sum += rounded(change - idle_change);
          }
          if (adc->normals)
            sum += noise_of(
                adc, sum, active, noise_index((uint32_t)key, (uint32_t)(key >> 32), (uint32_t)column));
          int32_t code = 0;
          if (adc->ladders) {
            const int64_t converter = read / crossbar->reads_per_tile * columns + column;
            for (int32_t t = 0; t < adc->maximum; t++)
              code += sum >= adc->ladder_centre + adc->ladders[converter * adc->ladder_stride + t];
          } else {
            code = uniform_code(adc, sum);
          }
          sums[(int64_t)w * outputs + column % outputs] +=
              code * crossbar->slice_weights[column / outputs] * (1 << bit);
        }
      }
    }
  }
  return active_reads;
}
