#include "CKernels.h"
#include "clones.h"

#include <stddef.h>

#pragma STDC FP_CONTRACT OFF

/// What changes the code of the loop over the cells of a row.
typedef struct {
  int has_field, has_axis, has_thermal, has_torque, has_drift;
} terms;

/// Rates of the cells of one row; `up` and `down` are the distances to the neighbours in y and z, 0 at an edge.
INLINE void row_rates(
    const tessera_micromagnet *p, const double *restrict m, const double *restrict field, double *restrict rates,
    int64_t first, int64_t count, int64_t up_y, int64_t down_y, int64_t up_z, int64_t down_z, const terms terms) {
  const double *restrict x = m, *restrict y = m + count, *restrict z = m + 2 * count;
  const double gamma = p->gyromagnetic_ratio;
  const double square = p->asymmetry * p->asymmetry, numerator = p->polarization * square;
#pragma clang loop vectorize(enable)
  for (int64_t i = first; i < first + p->nx; i++) {
    const double mx = x[i], my = y[i], mz = z[i];
    const double east = p->bonds_x[i], west = p->bonds_x[i - 1];
    const double north = up_y ? p->bonds_y[i] : 0, south = down_y ? p->bonds_y[i - down_y] : 0;
    const double above = up_z ? p->bonds_z[i] : 0, below = down_z ? p->bonds_z[i - down_z] : 0;
    const double inverse = p->inverse_moments[i];
    const double all = east + west + north + south + above + below;
#define EXCHANGE(m) \
  inverse *(east * m[i + 1] + west * m[i - 1] + north * m[i + up_y] + south * m[i - down_y] + above * m[i + up_z] + \
            below * m[i - down_z] - all * m[i])
    double bx = EXCHANGE(x) + p->applied[0], by = EXCHANGE(y) + p->applied[1], bz = EXCHANGE(z) + p->applied[2];
#undef EXCHANGE
    if (terms.has_field) bx += field[i], by += field[count + i], bz += field[2 * count + i];
    if (terms.has_thermal) {
      const double sigma = p->thermal_sigmas[i];
      bx += sigma * p->thermal[i], by += sigma * p->thermal[count + i], bz += sigma * p->thermal[2 * count + i];
    }
    if (terms.has_axis) {
      const double ux = p->axes[i], uy = p->axes[count + i], uz = p->axes[2 * count + i];
      const double along = p->anisotropies[i] * (mx * ux + my * uy + mz * uz);
      bx += along * ux, by += along * uy, bz += along * uz;
    } else {
      bz += p->anisotropies[i] * mz;
    }
    // -gamma / (1 + alpha^2) m x (u + m x w).
    const double alpha = p->dampings[i];
    double ux = bx, uy = by, uz = bz, wx = alpha * bx, wy = alpha * by, wz = alpha * bz;
    if (terms.has_torque) {
      const double px = p->polarizer[0], py = p->polarizer[1], pz = p->polarizer[2];
      const double eps = numerator / (square + 1 + (square - 1) * (mx * px + my * py + mz * pz));
      const double beta = p->current * p->torques[i];
      const double precession = beta * (p->field_like - alpha * eps), damping = beta * (eps + alpha * p->field_like);
      ux += precession * px, uy += precession * py, uz += precession * pz;
      wx += damping * px, wy += damping * py, wz += damping * pz;
    }
    if (terms.has_drift) {
      // (u nabla) m over gamma, by central differences; beyond an edge m is as at the edge.
      const double drift = p->current * p->drifts[i] / gamma;
      const double dx = drift * p->drift_direction[0] * 0.5 / p->width, dy = drift * p->drift_direction[1] * 0.5 / p->depth;
      const int64_t e = east != 0, w = west != 0;
      const double xi = p->nonadiabaticity, parallel = xi - alpha, across = 1 + xi * alpha;
#define GRADIENT(m) \
  dx *((e ? m[i + 1] : m[i]) - (w ? m[i - 1] : m[i])) + \
      dy *((north != 0 ? m[i + up_y] : m[i]) - (south != 0 ? m[i - down_y] : m[i]))
      const double sx = GRADIENT(x), sy = GRADIENT(y), sz = GRADIENT(z);
#undef GRADIENT
      ux += parallel * sx, uy += parallel * sy, uz += parallel * sz;
      wx += across * sx, wy += across * sy, wz += across * sz;
    }
    const double vx = ux + (my * wz - mz * wy), vy = uy + (mz * wx - mx * wz), vz = uz + (mx * wy - my * wx);
    // Empty cells and those that are held stay.
    const double rate = inverse > 0 ? -gamma / (1 + alpha * alpha) : 0;
    rates[i] = rate * (my * vz - mz * vy);
    rates[count + i] = rate * (mz * vx - mx * vz);
    rates[2 * count + i] = rate * (mx * vy - my * vx);
  }
}

INLINE void all_rates(
    const tessera_micromagnet *p, const double *m, const double *field, double *rates, const terms terms) {
  const int64_t nx = p->nx, plane = nx * p->ny, count = plane * p->layers;
  for (int64_t k = 0; k < p->layers; k++)
    for (int64_t j = 0; j < p->ny; j++)
      row_rates(
          p, m, field, rates, k * plane + j * nx, count, j + 1 < p->ny ? nx : 0, j > 0 ? nx : 0,
          k + 1 < p->layers ? plane : 0, k > 0 ? plane : 0, terms);
}

CLONES void tessera_micromagnet_rates(
    const tessera_micromagnet *p, const double *m, const double *field, double *rates) {
  const terms present = {field != NULL, p->axes != NULL, p->thermal != NULL, p->torques != NULL, p->drifts != NULL};
  // The usual sets of terms have loops of their own.
  if (present.has_field && !present.has_axis && !present.has_thermal && !present.has_torque && !present.has_drift)
    all_rates(p, m, field, rates, (terms){1, 0, 0, 0, 0});
  else if (present.has_field && !present.has_axis && present.has_thermal && present.has_torque && !present.has_drift)
    all_rates(p, m, field, rates, (terms){1, 0, 1, 1, 0});
  else
    all_rates(p, m, field, rates, present);
}

INLINE void sum_stages(
    int64_t count, const double *restrict start, double step, int32_t stages, const double *factors,
    const double *const *rates, double *restrict result) {
  for (int64_t i = 0; i < count; i++) {
    double sum = factors[0] * rates[0][i];
    for (int32_t s = 1; s < stages; s++) sum += factors[s] * rates[s][i];
    result[i] = (start ? start[i] : 0) + step * sum;
  }
}

CLONES void tessera_micromagnet_stage(
    int64_t count, const double *start, double step, int32_t stages, const double *factors,
    const double *const *rates, double *result) {
  switch (stages) {
    case 1: sum_stages(count, start, step, 1, factors, rates, result); break;
    case 2: sum_stages(count, start, step, 2, factors, rates, result); break;
    case 3: sum_stages(count, start, step, 3, factors, rates, result); break;
    case 4: sum_stages(count, start, step, 4, factors, rates, result); break;
    case 5: sum_stages(count, start, step, 5, factors, rates, result); break;
    case 6: sum_stages(count, start, step, 6, factors, rates, result); break;
    default: sum_stages(count, start, step, 7, factors, rates, result); break;
  }
}

CLONES double tessera_micromagnet_largest(int64_t count, const double *vectors) {
  double largest[8] = {0};
  int64_t i = 0;
  for (; i + 8 <= count; i += 8) {
    for (int lane = 0; lane < 8; lane++) {
      const double x = vectors[i + lane], y = vectors[count + i + lane], z = vectors[2 * count + i + lane];
      const double square = x * x + y * y + z * z;
      largest[lane] = square > largest[lane] ? square : largest[lane];
    }
  }
  for (; i < count; i++) {
    const double x = vectors[i], y = vectors[count + i], z = vectors[2 * count + i];
    const double square = x * x + y * y + z * z;
    largest[0] = square > largest[0] ? square : largest[0];
  }
  for (int lane = 1; lane < 8; lane++) largest[0] = largest[lane] > largest[0] ? largest[lane] : largest[0];
  return __builtin_sqrt(largest[0]);
}

CLONES void tessera_micromagnet_normalize(int64_t count, double *m) {
  for (int64_t i = 0; i < count; i++) {
    const double x = m[i], y = m[count + i], z = m[2 * count + i];
    const double square = x * x + y * y + z * z;
    const double inverse = square > 0 ? 1 / __builtin_elementwise_sqrt(square) : 0;
    m[i] = x * inverse, m[count + i] = y * inverse, m[2 * count + i] = z * inverse;
  }
}
