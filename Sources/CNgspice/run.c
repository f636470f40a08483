// One run of the loaded circuit: external sources, step control, conditions that end it, coupled systems.
#define _GNU_SOURCE
#include "library.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

// The default of the command `optran`, which only a deck's own commands could change; `10u` as ngspice reads it, one
// unit in the last place below 1e-5.
static const double OPERATING_POINT_STOP = 10 * 1e-6;

enum { WATCH_LIMIT = 4096, CONDITION_LIMIT = 64, FRAME_HEADER = 16 };

static struct {
  const cng_run_settings *settings;
  cng_run_report report;
  // Positions of the watched vectors in the plot, -1 where missing, and their values at the last point.
  int positions[WATCH_LIMIT];
  double values[WATCH_LIMIT];
  int time_position;
  bool point_is_new, halts;
  // Whether the operating point is sought by a transient of ngspice's own, with a time of its own.
  bool seeks_operating_point;
  // When each condition began to hold; NaN while it does not.
  double holds_since[CONDITION_LIMIT];
  // The coupled system's outputs, and the time they are for.
  double *outputs;
  unsigned char *frame;
  size_t frame_capacity;
  uint64_t accepted;
} run;

// MARK: values

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
  const cng_run_settings *settings = run.settings;
  *value = 0;
  if (!settings) return 0;
  if (run.seeks_operating_point) time = 0;
  if (settings->coupling) {
    for (size_t i = 0; i < settings->coupling->output_count; i++) {
      if (strcmp(settings->coupling->outputs[i], name) == 0) {
        *value = run.outputs[i];
        return 0;
      }
    }
  }
  for (size_t i = 0; i < settings->external_count; i++) {
    if (strcmp(settings->externals[i].name, name) == 0) {
      *value = table_value(&settings->externals[i], time);
      return 0;
    }
  }
  if (settings->halt_source && strcmp(settings->halt_source, name) == 0) *value = run.halts ? 1 : 0;
  return 0;
}

// MARK: points

static bool is_spelled(const cng_watch *watch, const char *name) {
  for (size_t i = 0; i < watch->count; i++)
    if (strcasecmp(watch->spellings[i], name) == 0) return true;
  return false;
}

int cng_on_plot(pvecinfoall plot, int ident, void *user) {
  if (!run.settings) return 0;
  run.time_position = -1;
  for (int k = 0; k < plot->veccount; k++)
    if (strcasecmp(plot->vecs[k]->vecname, "time") == 0) run.time_position = k;
  for (size_t i = 0; i < run.settings->watch_count; i++) {
    run.positions[i] = -1;
    for (int k = 0; k < plot->veccount && run.positions[i] < 0; k++)
      if (is_spelled(&run.settings->watches[i], plot->vecs[k]->vecname)) run.positions[i] = k;
    if (run.positions[i] < 0) run.report.watch_missing = true;
  }
  return 0;
}

static bool term_holds(const cng_term *term) {
  double value = run.values[term->first] - (term->second >= 0 ? run.values[term->second] : 0);
  if (term->magnitude) value = fabs(value);
  return term->above ? value > term->level : value < term->level;
}

static void check_conditions(double time) {
  for (size_t i = 0; i < run.settings->condition_count; i++) {
    const cng_condition *condition = &run.settings->conditions[i];
    bool holds = time >= condition->after;
    for (size_t k = 0; k < condition->count && holds; k++) holds = term_holds(&condition->terms[k]);
    if (!holds) {
      run.holds_since[i] = NAN;
    } else {
      if (isnan(run.holds_since[i])) run.holds_since[i] = time;
      if (time - run.holds_since[i] >= condition->hold && !run.halts) {
        run.halts = true;
        run.report.halted_at = time;
      }
    }
  }
}

int cng_on_point(pvecvaluesall point, int count, int ident, void *user) {
  if (!run.settings || run.time_position < 0 || run.report.watch_missing) return 0;
  run.point_is_new = true;
  for (size_t i = 0; i < run.settings->watch_count; i++)
    run.values[i] = point->vecsa[run.positions[i]]->creal;
  check_conditions(point->vecsa[run.time_position]->creal);
  return 0;
}

// MARK: coupled systems

static void transfer(bool sends, unsigned char *bytes, size_t length) {
  int descriptor = run.settings->coupling->descriptor;
  while (length > 0) {
    ssize_t done =
        sends ? send(descriptor, bytes, length, MSG_NOSIGNAL) : recv(descriptor, bytes, length, 0);
    if (done < 0 && errno == EINTR) continue;
    if (done <= 0) _exit(0);  // Nobody waits for this run any more.
    bytes += done;
    length -= (size_t)done;
  }
}

static void reserve(size_t length) {
  if (length <= run.frame_capacity) return;
  unsigned char *grown = realloc(run.frame, length);
  if (!grown) _exit(70);
  run.frame = grown;
  run.frame_capacity = length;
}

static size_t put(size_t at, const void *value, size_t size) {
  memcpy(run.frame + at, value, size);
  return at + size;
}

// Tells the coupled system the step that is meant, hears its outputs at the end of it and perhaps a shorter
// one. The layouts are those of StepReport and StepAdvice in SpiceWire.
static void consult(double time, double *delta) {
  const cng_coupling *coupling = run.settings->coupling;
  uint32_t is_new = run.point_is_new, count = is_new ? (uint32_t)coupling->input_count : 0;
  uint64_t length = 24 + 8 * (uint64_t)count;
  reserve(FRAME_HEADER + length);
  size_t at = put(0, &coupling->frame_mark, 4);
  at = put(at, &coupling->report_kind, 4);
  at = put(at, &length, 8);
  at = put(at, &time, 8);
  at = put(at, delta, 8);
  at = put(at, &is_new, 4);
  at = put(at, &count, 4);
  for (uint32_t i = 0; i < count; i++) at = put(at, &run.values[coupling->inputs[i]], 8);
  transfer(true, run.frame, at);
  run.point_is_new = false;

  unsigned char header[FRAME_HEADER];
  transfer(false, header, sizeof header);
  uint32_t mark, kind;
  memcpy(&mark, header, 4);
  memcpy(&kind, header + 4, 4);
  memcpy(&length, header + 8, 8);
  if (mark != coupling->frame_mark || kind != coupling->advice_kind || length < 24) _exit(70);
  reserve(length);
  transfer(false, run.frame, length);
  double step;
  uint32_t ends, outputs, breakpoints;
  memcpy(&step, run.frame, 8);
  memcpy(&ends, run.frame + 8, 4);
  memcpy(&outputs, run.frame + 12, 4);
  memcpy(&breakpoints, run.frame + 16, 4);
  if (outputs != coupling->output_count || length != 24 + 8 * ((uint64_t)outputs + breakpoints)) _exit(70);
  memcpy(run.outputs, run.frame + 24, 8 * (size_t)outputs);
  for (uint32_t i = 0; i < breakpoints; i++) {
    double moment;
    memcpy(&moment, run.frame + 24 + 8 * ((size_t)outputs + i), 8);
    if (moment > time) cng_api.set_breakpoint(moment);
  }
  if (ends && !run.halts) {
    run.halts = true;
    run.report.halted_at = time;
  }
  if (step < *delta) *delta = step;
}

// MARK: steps

// Lets a step end on `edge` when it would cross it. An edge nearer than a millionth of the step counts as
// reached: a step of that size would only provoke "timestep too small".
static void stop_at(double time, double edge, double *delta) {
  double distance = edge - time;
  if (distance > 1e-6 * *delta && distance < *delta) *delta = distance;
}

// With a callback installed, ngspice ends a transient a little before its end unless the step that leads
// there is not a bit too long.
static void end_exactly(double time, double stop, double *delta) {
  if (time >= stop || time + *delta <= stop) return;
  *delta = stop - time;
  while (time + *delta > stop) *delta = nextafter(*delta, 0);
}

static void cap(double time, double *delta) {
  const cng_run_settings *settings = run.settings;
  end_exactly(time, run.settings->stop, delta);
  for (size_t i = 0; i < settings->window_count; i++) {
    const cng_window *window = &settings->windows[i];
    stop_at(time, window->start, delta);
    if (time >= window->start - 1e-6 * *delta && time < window->stop && *delta > window->step)
      *delta = window->step;
  }
  for (size_t i = 0; i < settings->external_count; i++) {
    const cng_external *table = &settings->externals[i];
    size_t low = 0, high = table->count;
    while (low < high) {
      size_t middle = low + (high - low) / 2;
      if (table->times[middle] <= time + 1e-6 * *delta) low = middle + 1; else high = middle;
    }
    if (low < table->count) stop_at(time, table->times[low], delta);
  }
}

// Where all else has failed ngspice seeks the operating point by a transient of 10 us, which announces itself. It
// takes the end for reached only within 100 units in the last place, and seeks on for ever where the step there
// was cut as that of any transient with a callback: see `end_exactly`.
void cng_on_line(const char *text) {
  if (strstr(text, "Transient op started")) run.seeks_operating_point = true;
  if (strstr(text, "Transient op finished")) run.seeks_operating_point = false;
}

// Called before each step (location 0) and after it (1) with the step that ngspice means to take next; after
// a rejected step `time` is the time before it again.
static int on_sync(double time, double *delta, double old_delta, int redo, int ident, int location,
                   void *user) {
  if (!run.settings) return redo;
  if (run.seeks_operating_point) {
    end_exactly(time, OPERATING_POINT_STOP, delta);
    return location == 0 ? 0 : redo;
  }
  const cng_coupling *coupling = run.settings->coupling;
  if (location == 0) {
    cap(time, delta);
    if (coupling) consult(time, delta);
    return 0;
  }
  if (redo) {
    run.report.rejected_steps++;
    end_exactly(time, run.settings->stop, delta);
    if (coupling) consult(time, delta);
    return 1;
  }
  run.accepted++;
  // ngspice caps the step of a rejection asked for here as if it began at the end of the rejected one: near the
  // end of the transient it would go backwards.
  bool has_room = time + old_delta / 2 <= run.settings->stop;
  if (coupling && coupling->redo_interval && has_room && run.accepted % coupling->redo_interval == 0) {
    run.report.rejected_steps++;
    *delta = old_delta / 2;
    consult(time - old_delta, delta);
    return 1;
  }
  end_exactly(time, run.settings->stop, delta);
  return 0;
}

// MARK: run

cng_run_report cng_run(const cng_run_settings *settings) {
  const cng_coupling *coupling = settings->coupling;
  run.report = (cng_run_report){.halted_at = NAN};
  if (settings->watch_count > WATCH_LIMIT || settings->condition_count > CONDITION_LIMIT) {
    run.report.watch_missing = true;
    return run.report;
  }
  run.settings = settings;
  run.time_position = -1;
  run.halts = run.point_is_new = run.seeks_operating_point = false;
  run.accepted = 0;
  for (size_t i = 0; i < settings->condition_count; i++) run.holds_since[i] = NAN;
  if (coupling) {
    run.outputs = calloc(coupling->output_count + 1, sizeof(double));
    if (!run.outputs) _exit(70);
    memcpy(run.outputs, coupling->initial, coupling->output_count * sizeof(double));
  }
  cng_api.init_sync(on_external, on_external, on_sync, NULL, NULL);
  if (settings->halt_source) {
    // A stop of ngspice's own is the one way to end a transient at once that leaves the library clean: NaN from
    // a source costs as much again in vain attempts, a halted background thread 10 ms.
    char command[256];
    snprintf(command, sizeof command, "stop when v(%s) > 0.5", settings->halt_source + 1);
    cng_api.command(command);
  }
  cng_api.command("run");
  if (settings->halt_source) cng_api.command("delete all");
  free(run.outputs);
  run.outputs = NULL;
  run.settings = NULL;
  return run.report;
}
