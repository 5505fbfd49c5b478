// The program.
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <vector>

#include "harness/cli/command.h"

namespace {

// Threads of OpenMP that wait for each other spin for milliseconds (libgomp's default), which
// beside other programs takes the core from the very thread that is waited for. Between two layers
// of a network this many turns, some tenths of a millisecond, are enough. The library reads it
// before main: the program begins once more. The user's own choice stands.
void shorten_spinning(char** argv) {
  constexpr const char* kTurns = "10000";
  if (std::getenv("GOMP_SPINCOUNT") != nullptr || std::getenv("OMP_WAIT_POLICY") != nullptr) return;
  std::error_code failure;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", failure);
  if (failure || setenv("GOMP_SPINCOUNT", kTurns, 1) != 0) return;
  execv(program.c_str(), argv);  // where that fails it goes on as it is
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 0) shorten_spinning(argv);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return qbench::run_program(arguments, qbench::Streams{});
}
