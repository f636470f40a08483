#include "plan.hpp"

#if defined(__x86_64__)
#include <cmath>
#include <complex>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define VARIANT demagnetization_avx2
#include "demagnetization.hpp"

tessera_demagnetization *plan_avx2(const tessera_demagnetization_mesh &mesh) { return new VARIANT::plan(mesh); }
#pragma clang attribute pop
#endif
