// What the two halves of the shim share.
#ifndef TESSERA_CNGSPICE_LIBRARY_H
#define TESSERA_CNGSPICE_LIBRARY_H

#include "CNgspice.h"

#include <ngspice/sharedspice.h>

// Entry points, typed by the declarations of sharedspice.h.
typedef struct {
  __typeof__(&ngSpice_Init) init;
  __typeof__(&ngSpice_Init_Sync) init_sync;
  __typeof__(&ngSpice_Circ) circ;
  __typeof__(&ngSpice_Command) command;
  __typeof__(&ngSpice_CurPlot) current_plot;
  __typeof__(&ngSpice_AllPlots) all_plots;
  __typeof__(&ngSpice_AllVecs) all_vectors;
  __typeof__(&ngGet_Vec_Info) vector_info;
  __typeof__(&ngSpice_SetBkpt) set_breakpoint;
} cng_entry_points;

extern cng_entry_points cng_api;

// Called with each line that ngspice says.
void cng_on_line(const char *text);
// Called at the start of a plot and at each accepted point of a run.
int cng_on_plot(pvecinfoall plot, int ident, void *user);
int cng_on_point(pvecvaluesall point, int count, int ident, void *user);

#endif
