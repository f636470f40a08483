#define _GNU_SOURCE
#include "CNgspice.h"

#include <dlfcn.h>
#include <math.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <ngspice/sharedspice.h>

// Entry points, typed by the declarations of sharedspice.h.
static struct {
  __typeof__(&ngSpice_Init) init;
  __typeof__(&ngSpice_Init_Sync) init_sync;
  __typeof__(&ngSpice_Circ) circ;
  __typeof__(&ngSpice_Command) command;
  __typeof__(&ngSpice_CurPlot) current_plot;
  __typeof__(&ngSpice_AllVecs) all_vectors;
  __typeof__(&ngGet_Vec_Info) vector_info;
} api;

static struct {
  char open_message[512];
  char *messages;
  size_t message_length, message_capacity;
  bool exit_requested;
  double stop;
  const cng_window *windows;
  size_t window_count;
  const cng_external *externals;
  size_t external_count;
} state;

enum { MESSAGE_LIMIT = 1 << 20 };

// MARK: callbacks

static int on_text(char *text, int ident, void *user) {
  size_t length = strlen(text);
  if (state.message_length + length + 2 > MESSAGE_LIMIT) return 0;
  if (state.message_length + length + 2 > state.message_capacity) {
    size_t capacity = 2 * (state.message_length + length + 2) + 4096;
    char *grown = realloc(state.messages, capacity);
    if (!grown) return 0;
    state.messages = grown;
    state.message_capacity = capacity;
  }
  memcpy(state.messages + state.message_length, text, length);
  state.message_length += length;
  state.messages[state.message_length++] = '\n';
  state.messages[state.message_length] = 0;
  return 0;
}

// ngspice leaves this callback with a longjmp to its own entry point: only set a flag.
static int on_exit_request(int status, NG_BOOL immediate, NG_BOOL quit, int ident, void *user) {
  state.exit_requested = true;
  return 0;
}

static double table_value(const cng_external *table, double time) {
  if (table->count == 0) return 0;
  if (time <= table->times[0]) return table->values[0];
  size_t low = 0, high = table->count - 1;
  if (time >= table->times[high]) return table->values[high];
  while (high - low > 1) {
    size_t middle = low + (high - low) / 2;
    if (table->times[middle] <= time) low = middle; else high = middle;
  }
  double span = table->times[high] - table->times[low];
  return table->values[low] + (table->values[high] - table->values[low]) * (time - table->times[low]) / span;
}

static int on_external(double *value, double time, char *name, int ident, void *user) {
  for (size_t i = 0; i < state.external_count; i++) {
    if (strcmp(state.externals[i].name, name) == 0) {
      *value = table_value(&state.externals[i], time);
      return 0;
    }
  }
  *value = 0;
  return 0;
}

// Lets a step end on `edge` when it would cross it. An edge nearer than a millionth of the step counts as
// reached: a step of that size would only provoke "timestep too small".
static void stop_at(double time, double edge, double *delta) {
  double distance = edge - time;
  if (distance > 1e-6 * *delta && distance < *delta) *delta = distance;
}

// With a callback installed, ngspice ends a transient a little before its end unless the step that leads
// there is not a bit too long.
static void end_exactly(double time, double *delta) {
  if (time >= state.stop || time + *delta <= state.stop) return;
  *delta = state.stop - time;
  while (time + *delta > state.stop) *delta = nextafter(*delta, 0);
}

// Called before each step (location 0) and after it (1) with the step that ngspice means to take next.
static int on_sync(double time, double *delta, double old_delta, int redo, int ident, int location,
                   void *user) {
  end_exactly(time, delta);
  if (location != 0) return redo;
  for (size_t i = 0; i < state.window_count; i++) {
    const cng_window *window = &state.windows[i];
    stop_at(time, window->start, delta);
    if (time >= window->start - 1e-6 * *delta && time < window->stop && *delta > window->step)
      *delta = window->step;
  }
  for (size_t i = 0; i < state.external_count; i++) {
    const cng_external *table = &state.externals[i];
    size_t low = 0, high = table->count;
    while (low < high) {
      size_t middle = low + (high - low) / 2;
      if (table->times[middle] <= time + 1e-6 * *delta) low = middle + 1; else high = middle;
    }
    if (low < table->count) stop_at(time, table->times[low], delta);
  }
  return 0;
}

// MARK: life cycle

cng_open_result cng_open(const char *library) {
  void *handle = dlopen(library, RTLD_NOW | RTLD_GLOBAL);
  if (!handle) {
    snprintf(state.open_message, sizeof state.open_message, "%s", dlerror());
    return CNG_OPEN_LIBRARY_MISSING;
  }
  const char *missing = NULL;
#define RESOLVE(field, symbol) \
  if (!(api.field = (__typeof__(api.field))dlsym(handle, symbol))) missing = symbol
  RESOLVE(init, "ngSpice_Init");
  RESOLVE(init_sync, "ngSpice_Init_Sync");
  RESOLVE(circ, "ngSpice_Circ");
  RESOLVE(command, "ngSpice_Command");
  RESOLVE(current_plot, "ngSpice_CurPlot");
  RESOLVE(all_vectors, "ngSpice_AllVecs");
  RESOLVE(vector_info, "ngGet_Vec_Info");
#undef RESOLVE
  if (missing) {
    snprintf(state.open_message, sizeof state.open_message, "%s has no entry point %s", library, missing);
    return CNG_OPEN_SYMBOL_MISSING;
  }

  // ngSpice_Init changes dispositions (SIGILL among them, which Swift's traps raise).
  static const int signals[] = {SIGILL, SIGINT, SIGFPE, SIGSEGV, SIGTERM, SIGTTIN, SIGTSTP, SIGCONT};
  struct sigaction saved[sizeof signals / sizeof signals[0]];
  for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) sigaction(signals[i], NULL, &saved[i]);
  int status = api.init(on_text, NULL, on_exit_request, NULL, NULL, NULL, NULL);
  for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) sigaction(signals[i], &saved[i], NULL);
  if (status != 0 || state.exit_requested) {
    snprintf(state.open_message, sizeof state.open_message, "ngSpice_Init of %s returned %d", library, status);
    return CNG_OPEN_INIT_FAILED;
  }
  return CNG_OPEN_OK;
}

const char *cng_open_message(void) { return state.open_message; }

int cng_circuit(char *const *lines) { return api.circ((char **)lines); }

int cng_command(const char *command) { return api.command((char *)command); }

const char *cng_messages(void) { return state.messages ? state.messages : ""; }

void cng_clear_messages(void) {
  state.message_length = 0;
  if (state.messages) state.messages[0] = 0;
}

bool cng_exit_requested(void) { return state.exit_requested; }

void cng_set_run(double stop, const cng_window *windows, size_t window_count, const cng_external *externals,
                 size_t external_count) {
  state.stop = stop;
  state.windows = windows;
  state.window_count = window_count;
  state.externals = externals;
  state.external_count = external_count;
  api.init_sync(on_external, on_external, on_sync, NULL, NULL);
}

// MARK: results

const char *cng_current_plot(void) { return api.current_plot(); }

char *const *cng_vector_names(const char *plot) { return api.all_vectors((char *)plot); }

bool cng_vector(const char *name, cng_vector_view *view) {
  pvector_info info = api.vector_info((char *)name);
  if (!info || info->v_length < 0) return false;
  view->is_complex = info->v_compdata != NULL;
  view->data = view->is_complex ? (const double *)info->v_compdata : info->v_realdata;
  view->length = (size_t)info->v_length;
  return view->data != NULL;
}

static void *watch_hangup(void *argument) {
  struct pollfd watched = {.fd = (int)(long)argument, .events = POLLRDHUP};
  for (;;) {
    if (poll(&watched, 1, -1) > 0 && (watched.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL))) _exit(0);
  }
}

bool cng_exit_on_hangup(int descriptor) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, watch_hangup, (void *)(long)descriptor) != 0) return false;
  return pthread_detach(thread) == 0;
}

void cng_close_above(int descriptor) { close_range((unsigned)descriptor + 1, ~0u, 0); }
