#include "CKernels.h"
#include "clones.h"
#include "noise.h"

CLONES void tessera_count_vectors(
    const uint8_t *inputs, int64_t input_stride, int32_t windows, int32_t rows, int32_t rows_per_read,
    const uint8_t *classes, int32_t class_count, const float *fine, float *vectors, float *squares, int32_t *activity,
    float *shared) {
  const int32_t reads = (rows + rows_per_read - 1) / rows_per_read;
  const size_t size = sizeof(float) * (size_t)windows * (size_t)reads * (size_t)class_count;
  memset(vectors, 0, size);
  memset(squares, 0, size);
  for (int32_t w = 0; w < windows; w++) {
    int32_t total = 0;
    float common = 0;
    for (int32_t read = 0; read < reads; read++) {
      const int32_t start = read * rows_per_read;
      const uint8_t *x = inputs + w * input_stride + start;
      const int32_t count = rows - start < rows_per_read ? rows - start : rows_per_read;
      for (int32_t bit = 0; bit < 8; bit++) {
        int32_t active = 0;
        for (int32_t k = 0; k < count; k++) active += x[k] >> bit & 1;
        if (active == 0) continue;
        total += active << bit;
        const int64_t place = ((int64_t)w * reads + read) * class_count + classes[active];
        vectors[place] += (float)(1 << bit);
        squares[place] += (float)(1 << 2 * bit);
        common += (float)(1 << bit) * fine[(int64_t)read * (rows_per_read + 1) + active];
      }
    }
    activity[w] = total;
    shared[w] = common;
  }
}

/// Columns whose shared noise is held at a time.
#define HELD 256

/// Normal values of the columns from `first` on, of one stream.
INLINE void draw_normals(const float *normals, uint64_t key, int32_t first, int32_t count, float *out) {
  const uint32_t low = (uint32_t)key, high = (uint32_t)(key >> 32);
  for (int32_t i = 0; i < count; i++) out[i] = normals[noise_index(low, high, (uint32_t)(first + i))];
}

/// The bits of a number with one between each and the next.
INLINE uint64_t spread_bits(uint32_t number) {
  uint64_t bits = number;
  bits = (bits | bits << 16) & 0x0000ffff0000ffffu;
  bits = (bits | bits << 8) & 0x00ff00ff00ff00ffu;
  bits = (bits | bits << 4) & 0x0f0f0f0f0f0f0f0fu;
  bits = (bits | bits << 2) & 0x3333333333333333u;
  return (bits | bits << 1) & 0x5555555555555555u;
}

/// Every second one of six bits: of numbers in turn, these are coordinates of which blocks of 2 x 2 and 4 x 4 follow each
/// other.
INLINE int32_t every_second_bit(int32_t bits) { return (bits & 1) | (bits >> 1 & 2) | (bits >> 2 & 4); }

/// A stream of its own for each part of the noise.
INLINE uint64_t stream_key(uint64_t key, uint64_t stream) { return mix64(key + stream * 0x9e3779b97f4a7c15u); }

CLONES void tessera_surrogate(
    const tessera_surrogate_layer *layer, const int32_t *high, const int32_t *low, int64_t stride,
    const float *means, int64_t mean_stride, const float *shared, const float *variances, const int32_t *activity,
    int32_t windows, int32_t *sums) {
  // Streams: 0 single sums, 1 the image, 2 windows, 3 and on blocks.
  const uint64_t window_key = stream_key(layer->noise_key, 2);
  const int32_t height = (windows + layer->width - 1) / layer->width;
  // Blocks of the largest size, row by row, and the windows of each in turn.
  const int32_t side = 2 << (TESSERA_SURROGATE_BLOCKS - 1);
  const int32_t tiles_across = (layer->width + side - 1) / side, tiles = (height + side - 1) / side * tiles_across;
  // What the sums of a block have in common, of the image last.
  float common_noise[TESSERA_SURROGATE_BLOCKS + 1][HELD], own[HELD];
  for (int32_t first = 0; first < layer->columns; first += HELD) {
    const int32_t count = layer->columns - first < HELD ? layer->columns - first : HELD;
    float *of_image = common_noise[TESSERA_SURROGATE_BLOCKS];
    draw_normals(layer->normals, stream_key(layer->noise_key, 1), first, count, of_image);
    for (int32_t c = 0; c < count; c++) of_image[c] *= layer->image;
    for (int64_t step = 0; step < (int64_t)tiles * side * side; step++) {
      const int32_t tile = (int32_t)(step / (side * side)), turn = (int32_t)(step % (side * side));
      const int32_t x = tile % tiles_across * side + every_second_bit(turn);
      const int32_t y = tile / tiles_across * side + every_second_bit(turn >> 1);
      const int32_t w = y * layer->width + x;
      // A block whose first window is not there has no other.
      if (x >= layer->width || w >= windows) continue;
      const uint64_t corner = spread_bits((uint32_t)x) | spread_bits((uint32_t)y) << 1;
      for (int32_t size = TESSERA_SURROGATE_BLOCKS - 1; size >= 0; size--) {
        if (turn % (4 << 2 * size) != 0) continue;
        float *of_block = common_noise[size];
        const float *around = common_noise[size + 1];
        const float share = layer->blocks[size];
        if (share > 0) {
          const uint64_t key = stream_key(layer->noise_key, 3 + (uint64_t)size);
          draw_normals(layer->normals, mix64(key + mix64(corner)), first, count, of_block);
          for (int32_t c = 0; c < count; c++) of_block[c] = share * of_block[c] + around[c];
        } else {
          memcpy(of_block, around, sizeof(float) * (size_t)count);
        }
      }
      draw_normals(layer->normals, mix64(layer->noise_key + mix64((uint64_t)w)), first, count, own);
      float of_window;
      draw_normals(layer->normals, mix64(window_key + mix64((uint64_t)w)), 0, 1, &of_window);
      of_window *= layer->window;
      const float active = (float)activity[w];
      const float deviation = __builtin_elementwise_sqrt(variances[w] > 0 ? variances[w] : 0);
      const float present = active > 0 ? 1 : 0;
      const float common = shared[w];
      const int32_t *h = high + w * stride + first, *l = low + w * stride + first;
      const float *mean = means + w * mean_stride + first;
      const float *m = layer->output_means + first, *v = layer->output_variances + first;
      const int64_t n = layer->columns;
      int32_t *out = sums + (int64_t)w * layer->columns + first;
      for (int32_t c = 0; c < count; c++) {
        const double product = (128.0 * h[c] + l[c]) * (double)layer->unit;
        const float p = (float)product;
        float place = (p - layer->bin_low) * layer->bins_per_product;
        place = place < 0 ? 0 : place;
        place = place > TESSERA_SURROGATE_BINS - 1 ? TESSERA_SURROGATE_BINS - 1 : place;
        const int32_t bin = (int32_t)place;
        const float expected = mean[c] + common;
        const float error = expected + layer->bin_means[bin] + m[c] + m[2 * n + c] * active + m[4 * n + c] * expected +
            (m[n + c] + m[3 * n + c] * p + m[5 * n + c] * expected) * p;
        float more = 1 + v[c] + v[2 * n + c] * active + v[4 * n + c] * expected +
            (v[n + c] + v[3 * n + c] * p + v[5 * n + c] * expected) * p;
        more = more > TESSERA_SURROGATE_LEAST_VARIANCE ? more : TESSERA_SURROGATE_LEAST_VARIANCE;
        more = more < TESSERA_SURROGATE_LARGEST_VARIANCE ? more : TESSERA_SURROGATE_LARGEST_VARIANCE;
        const float factor = __builtin_elementwise_sqrt(more);
        const float noise = deviation * factor * layer->bin_deviations[bin] * (layer->own * own[c] + common_noise[0][c] + of_window);
        // Rounded to an integer, ties to even; |sum| is below 2^31.
        out[c] = (int32_t)((product + (double)(present * (error + noise)) + 0x1.8p52) - 0x1.8p52);
      }
    }
  }
}
