#include "CKernels.h"
#include "random.h"

#pragma STDC FP_CONTRACT OFF

/// One value of each of the sixteen replicas.
typedef float lanes __attribute__((vector_size(4 * TESSERA_REPLICAS)));
/// The same as bits, and as signed numbers for comparisons and shifts.
typedef uint32_t words __attribute__((vector_size(4 * TESSERA_REPLICAS)));
typedef int32_t masks __attribute__((vector_size(4 * TESSERA_REPLICAS)));

_Static_assert(LANES == TESSERA_REPLICAS, "a block of random words for every replica");

/// Cells whose far fields are summed together: three accumulators each fill twelve registers.
#define GROUP TESSERA_CELL_GROUP

// Products are added by one rounding everywhere, in hardware or not, so that every processor gives the same bits.
// Macros and pointers, since vectors wider than the processor's cannot be passed by value.
#define fma3(a, b, c) __builtin_elementwise_fma(a, b, c)
#define splat(x) ((x) - (lanes){0})
#define choose(mask, yes, no) ((lanes)(((masks)(yes) & (mask)) | ((masks)(no) & ~(mask))))

/// Natural logarithm of a positive normal number to the last bit or two of single precision.
INLINE void logarithm_of(const lanes *number, lanes *result) {
  const lanes x = *number;
  const words shifted = (words)x - 0x3f3504f3u;
  const masks exponent = (masks)shifted >> 23;
  const lanes m = (lanes)((words)x - ((words)exponent << 23));
  // log m = 2 artanh t, |t| < 0.1716.
  const lanes t = (m - 1.0f) / (m + 1.0f), s = t * t;
  lanes series = fma3(s, splat(1.0f / 9), splat(1.0f / 7));
  series = fma3(s, series, splat(1.0f / 5));
  series = fma3(s, series, splat(1.0f / 3));
  *result = fma3(__builtin_convertvector(exponent, lanes), splat(0.693147181f),
                 fma3(2.0f * t * s, series, 2.0f * t));
}

/// Two independent standard normals from two random words by Box and Muller's transform.
INLINE void normal_pair(const words *drawn, lanes *a, lanes *b) {
  const words first = drawn[0], second = drawn[1];
  // The middles of 2^23 equal parts of (0, 1), all exact: neither end is reached.
  const lanes u = fma3(__builtin_convertvector((masks)(first >> 9), lanes), splat(0x1p-23f), splat(0x1p-24f));
  lanes logarithm;
  logarithm_of(&u, &logarithm);
  const lanes radius = __builtin_elementwise_sqrt(-2.0f * logarithm);
  // The two highest bits choose the quadrant, the next 23 the angle in it, -pi/4 to pi/4.
  const lanes part =
      fma3(__builtin_convertvector((masks)((second << 2) >> 9), lanes), splat(0x1p-23f), splat(0x1p-24f - 0.5f));
  const lanes x = part * 1.57079633f, s = x * x;
  lanes sine = fma3(s, splat(2.718311493989822e-6f), splat(-1.9839334836096632e-4f));
  sine = fma3(s, sine, splat(8.333329385889463e-3f));
  sine = fma3(s, sine, splat(-1.6666666641626524e-1f));
  sine = fma3(s * x, sine, x);
  lanes cosine = fma3(s, splat(2.443315711809948e-5f), splat(-1.388731625493765e-3f));
  cosine = fma3(s, cosine, splat(4.166664568298827e-2f));
  cosine = fma3(s, cosine, splat(-0.5f));
  cosine = fma3(s, cosine, splat(1.0f));
  const masks odd = -(masks)((second >> 30) & 1u);
  const words sign = (second >> 31) << 31;
  *a = (lanes)((words)(radius * choose(odd, sine, cosine)) ^ sign);
  *b = (lanes)((words)(radius * choose(odd, cosine, sine)) ^ sign);
}

/// Adds the field of a cell's two spins to that on the two spins of another; `c` holds xx, xy, yy, zz within the
/// lower layer, xx, xy, xz, yy, yz, zz of the upper on the lower and of the lower on the upper, xx, xy, yy, zz within
/// the upper layer.
INLINE void add_pair(const float *c, const lanes *spins, lanes field[6]) {
  const lanes ax = spins[0], ay = spins[1], az = spins[2], bx = spins[3], by = spins[4], bz = spins[5];
  field[0] = fma3(splat(c[0]), ax, fma3(splat(c[1]), ay, field[0]));
  field[1] = fma3(splat(c[1]), ax, fma3(splat(c[2]), ay, field[1]));
  field[2] = fma3(splat(c[3]), az, field[2]);
  field[0] = fma3(splat(c[4]), bx, fma3(splat(c[5]), by, fma3(splat(c[6]), bz, field[0])));
  field[1] = fma3(splat(c[5]), bx, fma3(splat(c[7]), by, fma3(splat(c[8]), bz, field[1])));
  field[2] = fma3(splat(c[6]), bx, fma3(splat(c[8]), by, fma3(splat(c[9]), bz, field[2])));
  field[3] = fma3(splat(c[10]), ax, fma3(splat(c[11]), ay, fma3(splat(c[12]), az, field[3])));
  field[4] = fma3(splat(c[11]), ax, fma3(splat(c[13]), ay, fma3(splat(c[14]), az, field[4])));
  field[5] = fma3(splat(c[12]), ax, fma3(splat(c[14]), ay, fma3(splat(c[15]), az, field[5])));
  field[3] = fma3(splat(c[16]), bx, fma3(splat(c[17]), by, field[3]));
  field[4] = fma3(splat(c[17]), bx, fma3(splat(c[18]), by, field[4]));
  field[5] = fma3(splat(c[19]), bz, field[5]);
}

/// The fields of far cells on a group of cells; zero without far cells.
INLINE void far_fields(
    const tessera_spins *system, int32_t group, const lanes *columns, lanes field[GROUP][3]) {
  for (int i = 0; i < GROUP; i++)
    for (int k = 0; k < 3; k++) field[i][k] = splat(0);
  if (!system->far) return;
  const float *block = system->far + (int64_t)group * system->cells * 4 * GROUP;
  for (int32_t j = 0; j < system->cells; j++, block += 4 * GROUP, columns += 3) {
    const lanes x = columns[0], y = columns[1], z = columns[2];
    for (int i = 0; i < GROUP; i++) {
      const float *c = block + 4 * i;
      field[i][0] = fma3(splat(c[0]), x, fma3(splat(c[1]), y, field[i][0]));
      field[i][1] = fma3(splat(c[1]), x, fma3(splat(c[2]), y, field[i][1]));
      field[i][2] = fma3(splat(c[3]), z, field[i][2]);
    }
  }
}

/// The field on the two spins of a cell: from outside, of near cells, and the given one of far cells.
INLINE void cell_field(
    const tessera_spins *system, int32_t cell, const lanes *spins, const lanes *far, lanes field[6]) {
  const float *outside = system->outside + 6 * cell;
  for (int k = 0; k < 6; k++) field[k] = far[k % 3] + outside[k];
  for (int32_t n = system->near_offsets[cell]; n < system->near_offsets[cell + 1]; n++)
    add_pair(system->near_blocks + 20 * (int64_t)n, spins + 6 * system->near_cells[n], field);
}

/// The unit moment of a cell as far cells see it.
INLINE void column_of(const tessera_spins *system, int32_t cell, const lanes *spins, lanes *column) {
  const float *shares = system->shares + 2 * cell;
  for (int k = 0; k < 3; k++) column[k] = fma3(splat(shares[0]), spins[k], spins[3 + k] * shares[1]);
}

/// dt times the rate of change of a spin in a field and a spin current.
///
/// dm = -g { m x [B + c1 p + m x (alpha B + c2 p)] }, c1 = beta (eps' - alpha eps), c2 = beta (eps + alpha eps').
INLINE void change(
    const tessera_spins *system, int32_t spin, const lanes *m, const lanes *field, const lanes *drive, lanes *dm) {
  const lanes alpha = splat(system->damping[spin]);
  lanes first[3], second[3];
  if (system->torque[spin] != 0) {
    const float *p = system->polarizer;
    const lanes beta = *drive * system->torque[spin];
    const lanes along = fma3(m[0], splat(p[0]), fma3(m[1], splat(p[1]), m[2] * p[2]));
    const lanes eps = system->efficiency[0] / fma3(along, splat(system->efficiency[2]), splat(system->efficiency[1]));
    const lanes like = splat(system->field_like);
    const lanes c1 = beta * fma3(-alpha, eps, like), c2 = beta * fma3(alpha, like, eps);
    for (int k = 0; k < 3; k++) {
      first[k] = fma3(c1, splat(p[k]), field[k]);
      second[k] = fma3(alpha, field[k], c2 * p[k]);
    }
  } else {
    for (int k = 0; k < 3; k++) {
      first[k] = field[k];
      second[k] = alpha * field[k];
    }
  }
  const lanes u[3] = {
      fma3(m[1], second[2], fma3(-m[2], second[1], first[0])),
      fma3(m[2], second[0], fma3(-m[0], second[2], first[1])),
      fma3(m[0], second[1], fma3(-m[1], second[0], first[2])),
  };
  const lanes rate = splat(system->rate[spin]);
  dm[0] = rate * fma3(m[2], u[1], -(m[1] * u[2]));
  dm[1] = rate * fma3(m[0], u[2], -(m[2] * u[0]));
  dm[2] = rate * fma3(m[1], u[0], -(m[0] * u[1]));
}

/// Thermal fields on the two spins of a cell at one step, each replica from its own stream: three normals of the lower
/// spin, then three of the upper, from two blocks of random words; a pair without upper spin leaves the second alone.
INLINE void thermal(
    const tessera_spins *system, uint64_t key, const uint64_t *streams, uint64_t step, int32_t cell, lanes noise[6]) {
  const float lower = system->noise[2 * cell], upper = system->noise[2 * cell + 1];
  if (lower == 0 && upper == 0) {
    for (int k = 0; k < 6; k++) noise[k] = splat(0);
    return;
  }
  const uint64_t block = step << 16 | (uint64_t)(2 * cell);
  uint32_t drawn[4][LANES];
  words w[4];
  philox_streams(key, streams, block, drawn);
  memcpy(w, drawn, sizeof w);
  normal_pair(w, &noise[0], &noise[1]);
  normal_pair(w + 2, &noise[2], &noise[3]);
  if (upper != 0) {
    philox_streams(key, streams, block + 1, drawn);
    memcpy(w, drawn, sizeof w);
    normal_pair(w, &noise[4], &noise[5]);
  } else {
    noise[4] = noise[5] = splat(0);
  }
  for (int k = 0; k < 3; k++) {
    noise[k] *= lower;
    noise[3 + k] *= upper;
  }
}

CLONES void tessera_spins_advance(
    const tessera_spins *system, uint64_t key, const uint64_t *streams, uint64_t first_step, int64_t steps,
    const float *drive, const float *drive_rise, float *state, float *scratch) {
  const int32_t cells = system->cells, groups = (cells + GROUP - 1) / GROUP;
  lanes *const spins = (lanes *)state;
  lanes *const predicted = (lanes *)scratch;
  lanes *const half = predicted + 6 * cells;  // m + k1 / 2
  lanes *const noise = half + 6 * cells;
  lanes *const columns = noise + 6 * cells;  // of the state, then of the prediction
  lanes *const columns_predicted = columns + 3 * cells;
  lanes *const kept = columns_predicted + 3 * cells;  // far fields of the first stage
  lanes start, rise;
  memcpy(&start, drive, sizeof start);
  memcpy(&rise, drive_rise, sizeof rise);
  for (int32_t cell = 0; cell < cells; cell++) column_of(system, cell, spins + 6 * cell, columns + 3 * cell);
  for (int64_t step = 0; step < steps; step++) {
    const lanes before = fma3(rise, splat((float)step), start), after = before + rise;
    for (int32_t group = 0; group < groups; group++) {
      lanes far[GROUP][3];
      far_fields(system, group, columns, far);
      for (int32_t i = 0, cell = GROUP * group; i < GROUP && cell < cells; i++, cell++) {
        const lanes *m = spins + 6 * cell;
        lanes field[6], thermal_field[6], k1[6];
        cell_field(system, cell, spins, far[i], field);
        thermal(system, key, streams, first_step + (uint64_t)step, cell, thermal_field);
        for (int k = 0; k < 6; k++) {
          noise[6 * cell + k] = thermal_field[k];
          field[k] += thermal_field[k];
        }
        change(system, 2 * cell, m, field, &before, k1);
        change(system, 2 * cell + 1, m + 3, field + 3, &before, k1 + 3);
        for (int k = 0; k < 6; k++) {
          predicted[6 * cell + k] = m[k] + k1[k];
          half[6 * cell + k] = fma3(splat(0.5f), k1[k], m[k]);
        }
        column_of(system, cell, predicted + 6 * cell, columns_predicted + 3 * cell);
        if (system->far_once)
          for (int k = 0; k < 3; k++) kept[3 * cell + k] = far[i][k];
      }
    }
    for (int32_t group = 0; group < groups; group++) {
      lanes far[GROUP][3];
      if (!system->far_once) far_fields(system, group, columns_predicted, far);
      for (int32_t i = 0, cell = GROUP * group; i < GROUP && cell < cells; i++, cell++) {
        lanes field[6], k2[6];
        cell_field(system, cell, predicted, system->far_once ? kept + 3 * cell : far[i], field);
        for (int k = 0; k < 6; k++) field[k] += noise[6 * cell + k];
        for (int part = 0; part < 2; part++) {
          const int32_t spin = 2 * cell + part;
          change(system, spin, predicted + 3 * spin, field + 3 * part, &after, k2);
          lanes m[3];
          for (int k = 0; k < 3; k++) m[k] = fma3(splat(0.5f), k2[k], half[3 * spin + k]);
          const lanes norm = 1.0f / __builtin_elementwise_sqrt(fma3(m[0], m[0], fma3(m[1], m[1], m[2] * m[2])));
          for (int k = 0; k < 3; k++) spins[3 * spin + k] = m[k] * norm;
        }
        column_of(system, cell, spins + 6 * cell, columns + 3 * cell);
      }
    }
  }
}

CLONES void tessera_spins_field(const tessera_spins *system, const float *state, float *fields, float *scratch) {
  const lanes *spins = (const lanes *)state;
  lanes *results = (lanes *)fields, *columns = (lanes *)scratch;
  for (int32_t cell = 0; cell < system->cells; cell++)
    column_of(system, cell, spins + 6 * cell, columns + 3 * cell);
  for (int32_t group = 0; GROUP * group < system->cells; group++) {
    lanes far[GROUP][3];
    far_fields(system, group, columns, far);
    for (int32_t i = 0, cell = GROUP * group; i < GROUP && cell < system->cells; i++, cell++) {
      lanes field[6];
      cell_field(system, cell, spins, far[i], field);
      for (int k = 0; k < 6; k++) results[6 * cell + k] = field[k];
    }
  }
}

CLONES float tessera_multiply_adds(int64_t count) {
  // Twelve independent chains, as the field kernel has: enough to hide the latency of every processor so far.
  lanes sums[12];
  for (int i = 0; i < 12; i++) sums[i] = splat((float)i);
  const lanes factor = splat(0.9999f), term = splat(1e-4f);
  for (int64_t step = 0; step < count; step++)
    for (int i = 0; i < 12; i++) sums[i] = fma3(sums[i], factor, term);
  lanes total = sums[0];
  for (int i = 1; i < 12; i++) total += sums[i];
  float sum = 0;
  for (int i = 0; i < TESSERA_REPLICAS; i++) sum += total[i];
  return sum;
}
