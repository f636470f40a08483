#ifndef TESSERA_DEMAGNETIZATION_PLAN_HPP
#define TESSERA_DEMAGNETIZATION_PLAN_HPP

#include "CKernels.h"

/// A plan of any instruction set.
struct tessera_demagnetization {
  virtual ~tessera_demagnetization() = default;
  virtual int64_t scratch() const = 0;
  virtual void field(const double *m, const double *strengths, double *field, void *memory) const = 0;
};

tessera_demagnetization *plan_portable(const tessera_demagnetization_mesh &mesh);
tessera_demagnetization *plan_avx2(const tessera_demagnetization_mesh &mesh);
tessera_demagnetization *plan_avx512(const tessera_demagnetization_mesh &mesh);

#endif
