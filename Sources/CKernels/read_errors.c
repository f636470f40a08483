#include "CKernels.h"
#include "random.h"

/// Draws of one block: a byte for each of as many windows.
#define BLOCK_DRAWS 16
/// Blocks of windows whose changes are held in 16 bits at a time.
#define TILE_BLOCKS 32
#define TILE (TILE_BLOCKS * BLOCK_DRAWS)

typedef uint8_t bytes __attribute__((vector_size(BLOCK_DRAWS)));
typedef int16_t shorts __attribute__((vector_size(2 * BLOCK_DRAWS)));
typedef uint64_t words __attribute__((vector_size(BLOCK_DRAWS)));

/// Reads of one cell in the windows of one block.
typedef struct {
  uint8_t cell;
  uint8_t block;
} reads;

/// What the first byte of a draw decides about a cell.
typedef struct {
  /// Below: wrong, low. From here to `last_open`, and at `open`: more bits decide. Above `high`: wrong, high.
  uint8_t low, last_open, open, high;
} first_bytes;

INLINE first_bytes first_bytes_of(tessera_unsure_cell cell) {
  const uint64_t last = ((uint64_t)cell.low + cell.rest) >> 24;
  const uint8_t last_open = last < 255 ? (uint8_t)last : 255;
  const uint8_t high = (uint8_t)(255 - (cell.high >> 24));
  return (first_bytes){
      .low = (uint8_t)(cell.low >> 24),
      .last_open = last_open,
      .open = cell.high > 0 ? high : last_open,
      .high = high,
  };
}

/// Lists the reads of one block that are flagged by bytes of ones; little-endian like the draws.
INLINE int64_t list_open(
    const uint8_t *draws, words flags, int32_t cell, int32_t window, tessera_open_read *list, int64_t count) {
  for (int half = 0; half < 2; half++) {
    uint64_t left = flags[half] & 0x0101010101010101u;
    while (left) {
      const int i = 8 * half + __builtin_ctzll(left) / 8;
      left &= left - 1;
      list[count++] = (tessera_open_read){.window = window + i, .cell = (uint8_t)cell, .draw = draws[i]};
    }
  }
  return count;
}

CLONES int64_t tessera_draw_reads(
    uint64_t key, uint64_t stream, uint64_t first, const tessera_unsure_cell *cells, int32_t count,
    const uint8_t *codes, int32_t blocks_per_row, const uint32_t *used, int32_t factor, int32_t *changes,
    tessera_open_read *open) {
  const int32_t tiles = (blocks_per_row + TILE_BLOCKS - 1) / TILE_BLOCKS;
  int64_t open_count = 0;
  first_bytes limits[TESSERA_UNSURE_CELLS];
  for (int32_t i = 0; i < count; i++) limits[i] = first_bytes_of(cells[i]);
  for (int32_t tile = 0; tile < tiles; tile++) {
    const int32_t first_block = tile * TILE_BLOCKS;
    const int32_t left = blocks_per_row - first_block;
    const int32_t width = (left < TILE_BLOCKS ? left : TILE_BLOCKS) * BLOCK_DRAWS;
    // At most 128 codes of 255 each: they fit 16 bits.
    _Alignas(32) int16_t sums[TILE];
    memset(sums, 0, sizeof(int16_t) * (size_t)width);
    int32_t next = 0;
    uint32_t rest = count > 0 ? used[(int64_t)cells[0].row * tiles + tile] : 0;
    while (next < count) {
      // Collect the next blocks that have anything to read.
      reads batch[LANES];
      uint64_t counters[LANES];
      int32_t taken = 0;
      while (taken < LANES) {
        if (rest == 0) {
          if (++next == count) break;
          rest = used[(int64_t)cells[next].row * tiles + tile];
          continue;
        }
        const int32_t block = __builtin_ctz(rest);
        rest &= rest - 1;
        batch[taken] = (reads){.cell = (uint8_t)next, .block = (uint8_t)block};
        counters[taken++] = (first + (uint64_t)next) * (uint64_t)blocks_per_row + (uint64_t)(first_block + block);
      }
      for (int32_t i = taken; i < LANES; i++) counters[i] = 0;
      uint32_t drawn[4][LANES];
      philox_blocks(key, stream, counters, drawn);
      uint32_t draws[LANES][4];
      for (int i = 0; i < LANES; i++)
        for (int word = 0; word < 4; word++) draws[i][word] = drawn[word][i];
      for (int32_t i = 0; i < taken; i++) {
        const first_bytes limit = limits[batch[i].cell];
        const int32_t window = (first_block + batch[i].block) * BLOCK_DRAWS;
        bytes draw, code;
        memcpy(&draw, draws[i], sizeof draw);
        memcpy(
            &code, codes + (int64_t)cells[batch[i].cell].row * blocks_per_row * BLOCK_DRAWS + window, sizeof code);
        const bytes low = (bytes)(draw < limit.low), high = (bytes)(draw > limit.high);
        const bytes undecided =
            ~(low | high) & (bytes)(code != 0) & (bytes)((draw <= limit.last_open) | (draw == limit.open));
        shorts sum;
        int16_t *const place = sums + batch[i].block * BLOCK_DRAWS;
        memcpy(&sum, place, sizeof sum);
        sum += __builtin_convertvector(low & code, shorts) - __builtin_convertvector(high & code, shorts);
        memcpy(place, &sum, sizeof sum);
        const words any = (words)undecided;
        if ((any[0] | any[1]) != 0)
          open_count =
              list_open((const uint8_t *)draws[i], any, batch[i].cell, window, open, open_count);
      }
    }
    for (int32_t i = 0; i < width; i++) changes[first_block * BLOCK_DRAWS + i] += sums[i] * factor;
  }
  return open_count;
}

CLONES void tessera_rows_of_windows(
    const uint8_t *inputs, int64_t input_stride, int32_t windows, int32_t rows, int32_t blocks_per_row,
    uint8_t *codes, uint32_t *used) {
  const int32_t tiles = (blocks_per_row + TILE_BLOCKS - 1) / TILE_BLOCKS;
  memset(used, 0, sizeof(uint32_t) * (size_t)rows * (size_t)tiles);
  for (int32_t block = 0; block < blocks_per_row; block++) {
    const int32_t window = block * BLOCK_DRAWS;
    const int32_t taken = windows - window < BLOCK_DRAWS ? windows - window : BLOCK_DRAWS;
    for (int32_t row = 0; row < rows; row++) {
      uint8_t out[BLOCK_DRAWS] = {0};
      uint8_t any = 0;
      for (int32_t i = 0; i < taken; i++) {
        out[i] = inputs[(window + i) * input_stride + row];
        any |= out[i];
      }
      memcpy(codes + ((int64_t)row * blocks_per_row + block) * BLOCK_DRAWS, out, sizeof out);
      used[(int64_t)row * tiles + block / TILE_BLOCKS] |= (uint32_t)(any != 0) << block % TILE_BLOCKS;
    }
  }
}

CLONES void tessera_skips(
    uint64_t key, uint64_t stream, uint64_t first, int32_t count, double scale, double *skips, double *uniforms) {
  for (int32_t done = 0; done < count; done += LANES) {
    uint64_t blocks[LANES];
    for (int i = 0; i < LANES; i++) blocks[i] = first + (uint64_t)(done + i);
    uint32_t c[4][LANES];
    philox_blocks(key, stream, blocks, c);
    double skip[LANES], uniform[LANES];
    for (int i = 0; i < LANES; i++) {
      const uint64_t low = (uint64_t)c[1][i] << 32 | c[0][i], high = (uint64_t)c[3][i] << 32 | c[2][i];
      // The middles of 2^52 equal parts of (0, 1).
      skip[i] = logarithm(((double)(int64_t)(low >> 12) + 0.5) * 0x1p-52) * scale;
      uniform[i] = ((double)(int64_t)(high >> 12) + 0.5) * 0x1p-52;
    }
    const int32_t taken = count - done < LANES ? count - done : LANES;
    memcpy(skips + done, skip, sizeof(double) * (size_t)taken);
    memcpy(uniforms + done, uniform, sizeof(double) * (size_t)taken);
  }
}
