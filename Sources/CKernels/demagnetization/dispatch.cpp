#include "plan.hpp"

tessera_demagnetization *tessera_demagnetization_create(tessera_level level, tessera_demagnetization_mesh mesh) {
#if defined(__x86_64__)
  if (level == TESSERA_LEVEL_AVX512_VNNI) return plan_avx512(mesh);
  if (level == TESSERA_LEVEL_AVX2) return plan_avx2(mesh);
#endif
  return plan_portable(mesh);
}

void tessera_demagnetization_destroy(tessera_demagnetization *plan) { delete plan; }

int64_t tessera_demagnetization_scratch(const tessera_demagnetization *plan) { return plan->scratch(); }

void tessera_demagnetization_field(
    const tessera_demagnetization *plan, const double *m, const double *strengths, double *field, void *scratch) {
  plan->field(m, strengths, field, scratch);
}
