// The program as a whole, in this process.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "harness/cli/command.h"

namespace qbench {

struct Outcome {
  int exit_code = 0;
  std::string out;
  std::string err;
};

inline Outcome qbench_run(const std::vector<std::string>& arguments) {
  char* texts[2] = {};
  std::size_t sizes[2] = {};
  Streams streams{open_memstream(&texts[0], &sizes[0]), open_memstream(&texts[1], &sizes[1])};
  Outcome outcome;
  outcome.exit_code = run_program(arguments, streams);
  std::fclose(streams.out);
  std::fclose(streams.err);
  outcome.out.assign(texts[0], sizes[0]);
  outcome.err.assign(texts[1], sizes[1]);
  std::free(texts[0]);
  std::free(texts[1]);
  return outcome;
}

}  // namespace qbench
