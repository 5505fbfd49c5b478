// The commands of qbench. To add one: one file, and its line in commands.cc.
#pragma once

#include <cstdio>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace qbench {

// Results go to `out`; progress, warnings and errors to `err`.
struct Streams {
  std::FILE* out = stdout;
  std::FILE* err = stderr;
};

inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;  // a gate failed, or some case did
inline constexpr int kExitUsage = 2;   // usage or bad input
inline constexpr int kExitInterrupted = 130;

struct Command {
  std::string_view name;
  std::string_view summary;  // one line of the list in `qbench --help`; empty: not listed
  int (*run)(std::span<const std::string> arguments, const Streams& streams);
};

const std::vector<Command>& commands();

// The whole program: finds the command, turns exceptions into messages and exit codes.
int run_program(std::span<const std::string> arguments, const Streams& streams);

}  // namespace qbench
