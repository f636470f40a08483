// Holds libngspice and simulates one deck after another.
//
// usage: ngspice-worker DESCRIPTOR LIBRARY
//
// DESCRIPTOR is the worker's end of a stream socket, made by the Spice module. This program has no policy:
// it reports what happened, and may die at any time. Standard output and error belong to ngspice.

import CNgspice
import Glibc
import SpiceWire

guard CommandLine.arguments.count == 3, let descriptor = Int32(CommandLine.arguments[1]) else {
  let usage = "usage: ngspice-worker DESCRIPTOR LIBRARY (started by the Spice library, not by hand)\n"
  write(STDERR_FILENO, usage, usage.utf8.count)
  exit(64)
}
// A crash ends this process at once: the handlers that Swift may have been asked to install take seconds over
// it, and let a signal from outside pass without an end.
for number in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGTRAP] { signal(number, SIG_DFL) }
// An interrupt at the terminal is for the program that asked, which then cancels or hangs up; ngspice would
// end its run early and call it a result.
var interrupt = sigset_t()
sigemptyset(&interrupt)
sigaddset(&interrupt, SIGINT)
pthread_sigmask(SIG_SETMASK, &interrupt, nil)
cng_close_above(Swift.max(descriptor, STDERR_FILENO))
let channel = Channel(descriptor: descriptor)
_ = cng_exit_on_hangup(descriptor)

// Whatever a deck of its own accord starts has no business on the socket.
_ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)

let hello = Library.open(CommandLine.arguments[2])
guard channel.send(.hello, hello.encoded()), hello.status == .ready else { exit(69) }

while let bytes = channel.receive(.request) {
  guard let request = try? WorkerRequest(decoding: bytes) else { exit(70) }
  let isVerbatim = !request.verbatimDirectory.isEmpty
  let reply =
    isVerbatim ? Library.runVerbatim(request) : Library.simulate(request, descriptor: descriptor)
  guard channel.send(.reply, reply.encoded()), !isVerbatim else { break }
}
