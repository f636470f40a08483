#ifndef TESSERA_CLONES_H
#define TESSERA_CLONES_H

/// A function that is compiled for several instruction sets, of which the loader takes the best.
#if defined(__x86_64__) && defined(__linux__)
#define CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define CLONES
#endif
/// A part of such functions.
#define INLINE static inline __attribute__((always_inline))

#endif
