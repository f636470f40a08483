/// A small face of libngspice that is safe to call from Swift.
///
/// The library is opened with dlopen, so that its absence is a result instead of a loader failure. All
/// callbacks live on this side: ngspice leaves some of them with longjmp, which must not cross Swift
/// frames. One instance per process; not thread-safe.
#ifndef TESSERA_CNGSPICE_H
#define TESSERA_CNGSPICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Outcome of `cng_open`.
typedef enum {
  CNG_OPEN_OK = 0,
  CNG_OPEN_LIBRARY_MISSING = 1,
  CNG_OPEN_SYMBOL_MISSING = 2,
  CNG_OPEN_INIT_FAILED = 3,
} cng_open_result;

/// A cap on the time step between two times, in seconds.
typedef struct {
  double start, stop, step;
} cng_window;

/// The value of one EXTERNAL source: a piecewise-linear table, a pure function of time.
typedef struct {
  const char *name;
  const double *times;
  const double *values;
  size_t count;
} cng_external;

/// A vector to look at while a transient runs, under the spellings that ngspice may use.
typedef struct {
  const char *const *spellings;
  size_t count;
} cng_watch;

/// A comparison of a watched vector, or of the difference of two, with a level.
typedef struct {
  int32_t first, second;  ///< indices of watched vectors; second is -1 for none
  bool magnitude, above;
  double level;
} cng_term;

/// Ends a transient once all terms have held for a time, at or after another.
typedef struct {
  double after, hold;
  const cng_term *terms;
  size_t count;
} cng_condition;

/// A system on the other end of a socket that drives external sources.
typedef struct {
  int descriptor;
  const int32_t *inputs;  ///< indices of watched vectors
  size_t input_count;
  const char *const *outputs;  ///< names of external sources
  const double *initial;
  size_t output_count;
  uint32_t redo_interval;  ///< every so many accepted steps one is rejected and halved; 0 never
  uint32_t frame_mark, report_kind, advice_kind;
} cng_coupling;

/// What accompanies one run. The arrays must outlive it.
typedef struct {
  double stop;  ///< the end of a transient; 0 without one
  const cng_window *windows;
  size_t window_count;
  const cng_external *externals;
  size_t external_count;
  const cng_watch *watches;
  size_t watch_count;
  const cng_condition *conditions;
  size_t condition_count;
  const cng_coupling *coupling;  ///< NULL without one
  const char *halt_source;       ///< the external source that ends the run at 1 V; NULL without one
} cng_run_settings;

/// How a run went beside what ngspice says of it.
typedef struct {
  double halted_at;  ///< when a condition or the coupled system ended it; NaN when none did
  uint64_t rejected_steps;
  bool watch_missing;  ///< a watched vector was not there
} cng_run_report;

/// A view of one vector of ngspice; complex data are interleaved, real part first.
typedef struct {
  const double *data;
  size_t length;
  bool is_complex;
  int type;  ///< SV_TIME and so on, as ngspice numbers them
} cng_vector_view;

/// Opens and initialises the library. Call once.
cng_open_result cng_open(const char *library);
/// Why the last `cng_open` failed.
const char *cng_open_message(void);

/// Passes a circuit, as a NULL-terminated array of lines, to ngSpice_Circ.
int cng_circuit(char *const *lines);
/// Runs one command; NULL frees the command history.
int cng_command(const char *command);
/// Runs the loaded circuit's analysis with what accompanies it.
cng_run_report cng_run(const cng_run_settings *settings);

/// Everything ngspice printed since the last clear, one message per line, each starting with "stdout " or
/// "stderr "; cut at 1 MiB.
const char *cng_messages(void);
void cng_clear_messages(void);

/// True once ngspice has asked for its own end; nothing it says afterwards can be trusted.
bool cng_exit_requested(void);

/// The name of the current plot, or NULL.
const char *cng_current_plot(void);
/// The NULL-terminated names of all plots, the newest first, or NULL.
char *const *cng_plot_names(void);
/// The NULL-terminated names of a plot's vectors, or NULL.
char *const *cng_vector_names(const char *plot);
/// Looks a vector up ("plot.name"). The view holds until the next call into the library.
bool cng_vector(const char *name, cng_vector_view *view);

/// Ends the process as soon as the peer of this socket hangs up, even in the middle of a run.
bool cng_exit_on_hangup(int descriptor);

/// Closes every descriptor above this one: whatever the parent had open is not for the worker.
void cng_close_above(int descriptor);

#endif
