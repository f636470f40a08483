#include "CKernels.h"
#include "random.h"

#pragma STDC FP_CONTRACT OFF

/// One value of each of the sixteen replicas.
typedef float lanes __attribute__((vector_size(4 * TESSERA_REPLICAS)));
/// The same as bits, and as signed numbers for comparisons and shifts.
typedef uint32_t words __attribute__((vector_size(4 * TESSERA_REPLICAS)));
typedef int32_t masks __attribute__((vector_size(4 * TESSERA_REPLICAS)));

_Static_assert(LANES == TESSERA_REPLICAS, "a block of random words for every replica");

/// Spins whose fields are summed together: three accumulators each fill twelve registers.
#define GROUP TESSERA_SPIN_GROUP

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

/// Adds the fields that the spins of a layer make on a group of the same layer; `block` holds xx, xy, yy, zz of
/// each member of the group, spin by spin.
INLINE void add_planar(const float *block, const lanes *spins, int32_t count, lanes field[GROUP][3]) {
  for (int32_t j = 0; j < count; j++, block += 4 * GROUP, spins += 3) {
    const lanes x = spins[0], y = spins[1], z = spins[2];
    for (int i = 0; i < GROUP; i++) {
      const float *c = block + 4 * i;
      field[i][0] = fma3(splat(c[0]), x, fma3(splat(c[1]), y, field[i][0]));
      field[i][1] = fma3(splat(c[1]), x, fma3(splat(c[2]), y, field[i][1]));
      field[i][2] = fma3(splat(c[3]), z, field[i][2]);
    }
  }
}

/// Adds the fields that the spins of the other layer make; `block` holds xx, xy, xz, yy, yz, zz.
INLINE void add_cross(const float *block, const lanes *spins, int32_t count, lanes field[GROUP][3]) {
  for (int32_t j = 0; j < count; j++, block += 6 * GROUP, spins += 3) {
    const lanes x = spins[0], y = spins[1], z = spins[2];
    for (int i = 0; i < GROUP; i++) {
      const float *c = block + 6 * i;
      field[i][0] = fma3(splat(c[0]), x, fma3(splat(c[1]), y, fma3(splat(c[2]), z, field[i][0])));
      field[i][1] = fma3(splat(c[1]), x, fma3(splat(c[3]), y, fma3(splat(c[4]), z, field[i][1])));
      field[i][2] = fma3(splat(c[2]), x, fma3(splat(c[4]), y, fma3(splat(c[5]), z, field[i][2])));
    }
  }
}

/// The field of all couplings on a group, with what acts on it from outside.
INLINE void coupled_field(
    const tessera_spins *system, int32_t group, const lanes *spins, lanes field[GROUP][3]) {
  const float *outside = system->outside + 3 * GROUP * group;
  for (int i = 0; i < GROUP; i++)
    for (int k = 0; k < 3; k++) field[i][k] = splat(outside[3 * i + k]);
  const int32_t lower = GROUP * system->lower_groups, upper = GROUP * system->upper_groups;
  if (group < system->lower_groups) {
    add_planar(system->lower + (int64_t)group * lower * 4 * GROUP, spins, lower, field);
    add_cross(system->upper_on_lower + (int64_t)group * upper * 6 * GROUP, spins + 3 * lower, upper, field);
  } else {
    const int64_t own = group - system->lower_groups;
    add_cross(system->lower_on_upper + own * lower * 6 * GROUP, spins, lower, field);
    add_planar(system->upper + own * upper * 4 * GROUP, spins + 3 * lower, upper, field);
  }
}

/// dt times the rate of change of a spin in a field and a spin current.
///
/// dm = -g { m x [B + c1 p + m x (alpha B + c2 p)] }, c1 = beta (eps' - alpha eps), c2 = beta (eps + alpha eps').
INLINE void change(
    const tessera_spins *system, int32_t spin, const lanes *m, const lanes *field, const lanes *drive, lanes *dm) {
  const float *p = system->polarizer;
  const lanes alpha = splat(system->damping[spin]);
  const lanes beta = *drive * system->torque[spin];
  const lanes along = fma3(m[0], splat(p[0]), fma3(m[1], splat(p[1]), m[2] * p[2]));
  const lanes eps = system->efficiency[0] / fma3(along, splat(system->efficiency[2]), splat(system->efficiency[1]));
  const lanes like = splat(system->field_like);
  const lanes c1 = beta * fma3(-alpha, eps, like), c2 = beta * fma3(alpha, like, eps);
  lanes first[3], second[3];
  for (int k = 0; k < 3; k++) {
    first[k] = fma3(c1, splat(p[k]), field[k]);
    second[k] = fma3(alpha, field[k], c2 * p[k]);
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

/// Three standard normals of one spin at one step, each replica from its own stream.
INLINE void thermal(
    uint64_t key, const uint64_t *streams, uint64_t step, int32_t spin, lanes normals[3]) {
  const uint64_t block = step << 16 | (uint64_t)spin;
  uint32_t drawn[4][LANES];
  philox_streams(key, streams, block, drawn);
  words w[4];
  memcpy(w, drawn, sizeof w);
  lanes unused;
  normal_pair(w, &normals[0], &normals[1]);
  normal_pair(w + 2, &normals[2], &unused);
}

CLONES void tessera_spins_advance(
    const tessera_spins *system, uint64_t key, const uint64_t *streams, uint64_t first_step, int32_t steps,
    const float *drive, const float *drive_rise, float *state, float *scratch) {
  const int32_t groups = system->lower_groups + system->upper_groups, count = GROUP * groups;
  lanes *const spins = (lanes *)state;
  lanes *const predicted = (lanes *)scratch;
  lanes *const half = predicted + 3 * count;   // m + k1 / 2
  lanes *const noise = half + 3 * count;       // thermal field; with `frozen` the whole field of the first stage
  lanes *const first = noise + 3 * count;      // k1, where the second stage needs it
  lanes start, rise;
  memcpy(&start, drive, sizeof start);
  memcpy(&rise, drive_rise, sizeof rise);
  for (int32_t step = 0; step < steps; step++) {
    const lanes before = fma3(rise, splat((float)step), start), after = before + rise;
    for (int32_t group = 0; group < groups; group++) {
      lanes field[GROUP][3];
      coupled_field(system, group, spins, field);
      for (int i = 0; i < GROUP; i++) {
        const int32_t spin = GROUP * group + i;
        const float sigma = system->noise[spin];
        lanes *const kept = noise + 3 * spin;
        if (sigma > 0) {
          lanes normals[3];
          thermal(key, streams, first_step + (uint64_t)step, system->index[spin], normals);
          for (int k = 0; k < 3; k++) {
            kept[k] = normals[k] * sigma;
            field[i][k] += kept[k];
          }
        } else {
          for (int k = 0; k < 3; k++) kept[k] = splat(0);
        }
        const lanes *m = spins + 3 * spin;
        lanes k1[3];
        change(system, spin, m, field[i], &before, k1);
        for (int k = 0; k < 3; k++) {
          predicted[3 * spin + k] = m[k] + k1[k];
          half[3 * spin + k] = fma3(splat(0.5f), k1[k], m[k]);
          if (system->near_offsets) {
            kept[k] = field[i][k];
            first[3 * spin + k] = k1[k];
          }
        }
      }
    }
    for (int32_t group = 0; group < groups; group++) {
      lanes field[GROUP][3];
      if (!system->near_offsets) coupled_field(system, group, predicted, field);
      for (int i = 0; i < GROUP; i++) {
        const int32_t spin = GROUP * group + i;
        lanes *const kept = noise + 3 * spin;
        if (system->near_offsets) {
          // The far field stays that of the first stage; what lies near follows the change of the spins.
          const float *own = system->near_own + 4 * spin;
          const lanes *k1 = first + 3 * spin;
          lanes b[3] = {
              fma3(splat(own[0]), k1[0], fma3(splat(own[1]), k1[1], kept[0])),
              fma3(splat(own[1]), k1[0], fma3(splat(own[2]), k1[1], kept[1])),
              fma3(splat(own[3]), k1[2], kept[2]),
          };
          for (int32_t n = system->near_offsets[spin]; n < system->near_offsets[spin + 1]; n++) {
            const lanes *other = first + 3 * system->near_spins[n];
            const lanes c = splat(system->near_couplings[n]);
            for (int k = 0; k < 3; k++) b[k] = fma3(c, other[k], b[k]);
          }
          for (int k = 0; k < 3; k++) field[i][k] = b[k];
        } else {
          for (int k = 0; k < 3; k++) field[i][k] += kept[k];
        }
        lanes k2[3];
        change(system, spin, predicted + 3 * spin, field[i], &after, k2);
        lanes m[3];
        for (int k = 0; k < 3; k++) m[k] = fma3(splat(0.5f), k2[k], half[3 * spin + k]);
        const lanes norm = 1.0f / __builtin_elementwise_sqrt(fma3(m[0], m[0], fma3(m[1], m[1], m[2] * m[2])));
        for (int k = 0; k < 3; k++) spins[3 * spin + k] = m[k] * norm;
      }
    }
  }
}

CLONES void tessera_spins_field(const tessera_spins *system, const float *state, float *fields) {
  const lanes *spins = (const lanes *)state;
  lanes *results = (lanes *)fields;
  const int32_t groups = system->lower_groups + system->upper_groups;
  for (int32_t group = 0; group < groups; group++) {
    lanes field[GROUP][3];
    coupled_field(system, group, spins, field);
    for (int i = 0; i < GROUP; i++)
      for (int k = 0; k < 3; k++) results[3 * (GROUP * group + i) + k] = field[i][k];
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
