/// A small face of libngspice that is safe to call from Swift.
///
/// The library is opened with dlopen, so that its absence is a result instead of a loader failure. All
/// callbacks live on this side: ngspice leaves some of them with longjmp, which must not cross Swift
/// frames. One instance per process; not thread-safe.
#ifndef TESSERA_CNGSPICE_H
#define TESSERA_CNGSPICE_H

#include <stdbool.h>
#include <stddef.h>

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

/// A view of one vector of ngspice; complex data are interleaved, real part first.
typedef struct {
  const double *data;
  size_t length;
  bool is_complex;
} cng_vector_view;

/// Opens and initialises the library. Call once.
cng_open_result cng_open(const char *library);
/// Why the last `cng_open` failed.
const char *cng_open_message(void);

/// Passes a circuit, as a NULL-terminated array of lines, to ngSpice_Circ.
int cng_circuit(char *const *lines);
/// Runs one command; NULL frees the command history.
int cng_command(const char *command);

/// Everything ngspice printed since the last clear, one message per line, each starting with "stdout " or
/// "stderr "; cut at 1 MiB.
const char *cng_messages(void);
void cng_clear_messages(void);

/// True once ngspice has asked for its own end; nothing it says afterwards can be trusted.
bool cng_exit_requested(void);

/// Sets the end of the next transient (0 without one), its step windows and its external sources. The arrays
/// must outlive the run.
void cng_set_run(double stop, const cng_window *windows, size_t window_count, const cng_external *externals,
                 size_t external_count);

/// The name of the current plot, or NULL.
const char *cng_current_plot(void);
/// The NULL-terminated names of a plot's vectors, or NULL.
char *const *cng_vector_names(const char *plot);
/// Looks a vector up ("plot.name"). The view holds until the next call into the library.
bool cng_vector(const char *name, cng_vector_view *view);

/// Ends the process as soon as the peer of this socket hangs up, even in the middle of a run.
bool cng_exit_on_hangup(int descriptor);

/// Closes every descriptor above this one: whatever the parent had open is not for the worker.
void cng_close_above(int descriptor);

#endif
