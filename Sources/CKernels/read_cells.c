#include "CKernels.h"
#include "clones.h"

#pragma STDC FP_CONTRACT OFF

INLINE void read_cells(
    const double *positions, const uint8_t *levels, int64_t count, const double *boundaries,
    int32_t boundary_count, int64_t cells_per_array, int64_t chains_per_array, const double *precisions,
    float *restrict kept, uint8_t *restrict symbols, double *restrict distances) {
  for (int64_t first = 0; first < count; first += cells_per_array) {
    const int64_t last = count - first < cells_per_array ? count : first + cells_per_array;
    const double *const array = boundaries;
    const double *const end = array + chains_per_array * boundary_count;
    for (int64_t i = first; i < last; i++) {
      const float position = (float)positions[i];
      const double *precision = precisions + levels[i] * boundary_count;
      uint8_t symbol = 0;
      double nearest = __builtin_inf();
      for (int32_t b = 0; b < boundary_count; b++) {
        const double difference = (double)position - boundaries[b];
        const double distance = __builtin_fabs(difference) * precision[b];
        symbol += difference > 0;
        nearest = distance < nearest ? distance : nearest;
      }
      kept[i] = position;
      symbols[i] = symbol;
      distances[i] = nearest;
      boundaries += boundary_count;
      if (boundaries == end) boundaries = array;
    }
    boundaries = end;
  }
}

CLONES void tessera_read_cells(
    const double *positions, const uint8_t *levels, int64_t count, const double *boundaries,
    int32_t boundary_count, int64_t cells_per_array, int64_t chains_per_array, const double *precisions,
    float *kept, uint8_t *symbols, double *distances) {
  // The usual numbers of boundaries as constants, so that the inner loop unrolls.
  if (boundary_count == 1)
    read_cells(
        positions, levels, count, boundaries, 1, cells_per_array, chains_per_array, precisions, kept, symbols,
        distances);
  else if (boundary_count == 3)
    read_cells(
        positions, levels, count, boundaries, 3, cells_per_array, chains_per_array, precisions, kept, symbols,
        distances);
  else
    read_cells(
        positions, levels, count, boundaries, boundary_count, cells_per_array, chains_per_array, precisions,
        kept, symbols, distances);
}
