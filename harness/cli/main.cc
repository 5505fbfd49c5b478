// The program.
#include <string>
#include <vector>

#include "harness/cli/command.h"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return qbench::run_program(arguments, qbench::Streams{});
}
