#define _GNU_SOURCE
#include "library.h"

#include <dlfcn.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

cng_entry_points cng_api;

static struct {
  char open_message[512];
  char *messages;
  size_t message_length, message_capacity;
  bool exit_requested;
} state;

enum { MESSAGE_LIMIT = 1 << 20 };

// MARK: callbacks

static int on_text(char *text, int ident, void *user) {
  cng_on_line(text);
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

// MARK: life cycle

cng_open_result cng_open(const char *library) {
  void *handle = dlopen(library, RTLD_NOW | RTLD_GLOBAL);
  if (!handle) {
    snprintf(state.open_message, sizeof state.open_message, "%s", dlerror());
    return CNG_OPEN_LIBRARY_MISSING;
  }
  const char *missing = NULL;
#define RESOLVE(field, symbol) \
  if (!(cng_api.field = (__typeof__(cng_api.field))dlsym(handle, symbol))) missing = symbol
  RESOLVE(init, "ngSpice_Init");
  RESOLVE(init_sync, "ngSpice_Init_Sync");
  RESOLVE(circ, "ngSpice_Circ");
  RESOLVE(command, "ngSpice_Command");
  RESOLVE(current_plot, "ngSpice_CurPlot");
  RESOLVE(all_plots, "ngSpice_AllPlots");
  RESOLVE(all_vectors, "ngSpice_AllVecs");
  RESOLVE(vector_info, "ngGet_Vec_Info");
  RESOLVE(set_breakpoint, "ngSpice_SetBkpt");
#undef RESOLVE
  if (missing) {
    snprintf(state.open_message, sizeof state.open_message, "%s has no entry point %s", library, missing);
    return CNG_OPEN_SYMBOL_MISSING;
  }

  // ngSpice_Init changes dispositions (SIGILL among them, which Swift's traps raise).
  static const int signals[] = {SIGILL, SIGINT, SIGFPE, SIGSEGV, SIGTERM, SIGTTIN, SIGTSTP, SIGCONT};
  struct sigaction saved[sizeof signals / sizeof signals[0]];
  for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) sigaction(signals[i], NULL, &saved[i]);
  int status = cng_api.init(on_text, NULL, on_exit_request, cng_on_point, cng_on_plot, NULL, NULL);
  for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++) sigaction(signals[i], &saved[i], NULL);
  if (status != 0 || state.exit_requested) {
    snprintf(state.open_message, sizeof state.open_message, "ngSpice_Init of %s returned %d", library, status);
    return CNG_OPEN_INIT_FAILED;
  }
  return CNG_OPEN_OK;
}

const char *cng_open_message(void) { return state.open_message; }

int cng_circuit(char *const *lines) { return cng_api.circ((char **)lines); }

int cng_command(const char *command) { return cng_api.command((char *)command); }

const char *cng_messages(void) { return state.messages ? state.messages : ""; }

void cng_clear_messages(void) {
  state.message_length = 0;
  if (state.messages) state.messages[0] = 0;
}

bool cng_exit_requested(void) { return state.exit_requested; }

// MARK: results

const char *cng_current_plot(void) { return cng_api.current_plot(); }

char *const *cng_plot_names(void) { return cng_api.all_plots(); }

char *const *cng_vector_names(const char *plot) { return cng_api.all_vectors((char *)plot); }

bool cng_vector(const char *name, cng_vector_view *view) {
  pvector_info info = cng_api.vector_info((char *)name);
  if (!info || info->v_length < 0) return false;
  view->is_complex = info->v_compdata != NULL;
  view->data = view->is_complex ? (const double *)info->v_compdata : info->v_realdata;
  view->length = (size_t)info->v_length;
  view->type = info->v_type;
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
