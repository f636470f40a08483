#include "CKernels.h"
#include "clones.h"
#include "noise.h"

CLONES void tessera_count_vectors(
    const uint8_t *inputs, int64_t input_stride, int32_t windows, int32_t rows, int32_t rows_per_read,
    const uint8_t *classes, int32_t class_count, float *vectors, float *squares, int32_t *activity) {
  const int32_t reads = (rows + rows_per_read - 1) / rows_per_read;
  const size_t size = sizeof(float) * (size_t)windows * (size_t)reads * (size_t)class_count;
  memset(vectors, 0, size);
  memset(squares, 0, size);
  for (int32_t w = 0; w < windows; w++) {
    int32_t total = 0;
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
      }
    }
    activity[w] = total;
  }
}

CLONES void tessera_surrogate(
    const tessera_surrogate_layer *layer, const int32_t *high, const int32_t *low, int64_t stride,
    const float *means, int64_t mean_stride, const float *variances, const int32_t *activity, int32_t windows, int32_t *sums) {
  for (int32_t w = 0; w < windows; w++) {
    const uint64_t key = mix64(layer->noise_key + mix64((uint64_t)w));
    const uint32_t key_low = (uint32_t)key, key_high = (uint32_t)(key >> 32);
    const float active = (float)activity[w];
    const float deviation = __builtin_elementwise_sqrt(variances[w] > 0 ? variances[w] : 0);
    const float common = active > 0 ? layer->offset + layer->gain * active : 0;
    const int32_t *h = high + w * stride, *l = low + w * stride;
    const float *mean = means + w * mean_stride;
    int32_t *out = sums + (int64_t)w * layer->columns;
    for (int32_t c = 0; c < layer->columns; c++) {
      const double product = (128.0 * h[c] + l[c]) * (double)layer->unit;
      const float error = mean[c] + common + layer->slope * (float)product;
      const float noise = deviation * layer->normals[noise_index(key_low, key_high, (uint32_t)c)];
      // Rounded to an integer, ties to even; |sum| is below 2^31.
      out[c] = (int32_t)((product + (double)(error + noise) + 0x1.8p52) - 0x1.8p52);
    }
  }
}
