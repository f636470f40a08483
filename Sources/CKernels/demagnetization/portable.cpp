#include "plan.hpp"

#define VARIANT demagnetization_portable
#include "demagnetization.hpp"

tessera_demagnetization *plan_portable(const tessera_demagnetization_mesh &mesh) { return new VARIANT::plan(mesh); }
