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

CLONES void tessera_surrogate(
    const tessera_surrogate_layer *layer, const int32_t *high, const int32_t *low, int64_t stride,
    const float *means, int64_t mean_stride, const float *shared, const float *variances, const int32_t *activity,
    int32_t windows, int32_t *sums) {
  // Streams of single windows, of blocks and of the image.
  const uint64_t block_key = mix64(layer->noise_key + 0x9e3779b97f4a7c15u);
  const uint64_t image_key = mix64(layer->noise_key + 0x3c6ef372fe94f82au);
  const uint32_t image_low = (uint32_t)image_key, image_high = (uint32_t)(image_key >> 32);
  for (int32_t w = 0; w < windows; w++) {
    const uint64_t key = mix64(layer->noise_key + mix64((uint64_t)w));
    const uint32_t key_low = (uint32_t)key, key_high = (uint32_t)(key >> 32);
    const uint64_t corner = (uint64_t)(w / layer->width / 2) << 32 | (uint32_t)(w % layer->width / 2);
    const uint64_t of_block = mix64(block_key + mix64(corner));
    const uint32_t block_low = (uint32_t)of_block, block_high = (uint32_t)(of_block >> 32);
    const float active = (float)activity[w];
    const float deviation = __builtin_elementwise_sqrt(variances[w] > 0 ? variances[w] : 0);
    const float common = shared[w] + (active > 0 ? layer->offset + layer->gain * active : 0);
    const int32_t *h = high + w * stride, *l = low + w * stride;
    const float *mean = means + w * mean_stride;
    int32_t *out = sums + (int64_t)w * layer->columns;
    for (int32_t c = 0; c < layer->columns; c++) {
      const double product = (128.0 * h[c] + l[c]) * (double)layer->unit;
      const float p = (float)product;
      float place = (p - layer->bin_low) * layer->bins_per_product;
      place = place < 0 ? 0 : place;
      place = place > TESSERA_SURROGATE_BINS - 1 ? TESSERA_SURROGATE_BINS - 1 : place;
      const int32_t bin = (int32_t)place;
      const float error = mean[c] + common + layer->slope * p + layer->bin_means[bin];
      float noise = layer->own * layer->normals[noise_index(key_low, key_high, (uint32_t)c)];
      noise += layer->block * layer->normals[noise_index(block_low, block_high, (uint32_t)c)];
      noise += layer->image * layer->normals[noise_index(image_low, image_high, (uint32_t)c)];
      // Rounded to an integer, ties to even; |sum| is below 2^31.
      out[c] = (int32_t)((product + (double)(error + deviation * layer->bin_deviations[bin] * noise) + 0x1.8p52) - 0x1.8p52);
    }
  }
}
