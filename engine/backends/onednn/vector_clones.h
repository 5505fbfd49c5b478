// Functions compiled once for each generation of vector instructions; what they call is inlined into
// each. Clones cannot be templates.
#pragma once

#define QBENCH_VECTOR_CLONES \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#define QBENCH_ALWAYS_INLINE __attribute__((always_inline)) inline
