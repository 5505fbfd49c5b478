#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <new>

#include "engine/core/error.h"
#include "engine/core/isa.h"
#include "engine/core/nearest_name.h"
#include "engine/core/printable.h"
#include "harness/cli/command.h"
#include "harness/cli/text.h"
#include "harness/run/version.h"

namespace qbench {
namespace {

constexpr std::size_t kSummaryColumn = 14;

std::string program_help() {
  std::string text =
      "usage: qbench COMMAND [options]\n\n"
      "Benchmarks INT8 post-training quantization of convolutional networks: accuracy,\n"
      "latency and memory of FP32 and INT8 side by side.\n\nCommands:\n";
  for (const Command& command : commands()) {
    if (!command.summary.empty()) {
      text += two_columns(command.name, command.summary, kSummaryColumn);
    }
  }
  return text +
         "\n"
         "  qbench COMMAND --help    options of a command\n"
         "  qbench --version         version of this program\n"
         "\n"
         "Begin with: qbench suite demo\n";
}

const Command& find_command(std::string_view name) {
  const auto found = std::ranges::find(commands(), name, &Command::name);
  if (found != commands().end()) return *found;
  std::vector<std::string_view> names;
  for (const Command& command : commands()) {
    if (!command.summary.empty()) names.push_back(command.name);
  }
  const std::string_view nearest = nearest_name(name, names);
  const std::string hint = nearest.empty() ? std::string("; 'qbench --help' lists them")
                                           : fmt::format("; did you mean 'qbench {}'?", nearest);
  throw Error(fmt::format("unknown command '{}'{}", name, hint));
}

int run_command(std::span<const std::string> arguments, const Streams& streams) {
  if (arguments.empty() || arguments[0] == "--help" || arguments[0] == "-h" ||
      (arguments[0] == "help" && arguments.size() == 1)) {
    fmt::print(arguments.empty() ? streams.err : streams.out, "{}", program_help());
    return arguments.empty() ? kExitUsage : kExitOk;
  }
  if (arguments[0] == "--version") {
    fmt::print(streams.out, "qbench {}\n", version_text());
    return kExitOk;
  }
  isa();  // a wrong one is an error of every command
  if (arguments[0] == "help") {
    const std::vector<std::string> help{"--help"};
    return find_command(arguments[1]).run(help, streams);
  }
  return find_command(arguments[0]).run(arguments.subspan(1), streams);
}

}  // namespace

int run_program(std::span<const std::string> arguments, const Streams& streams) {
  try {
    const int exit_code = run_command(arguments, streams);
    if (std::fflush(streams.out) != 0) {
      throw Error("standard output cannot be written", ErrorKind::environment);
    }
    return exit_code;
  } catch (const Error& error) {
    fmt::print(streams.err, "qbench: error: {}\n", printable(error.what()));
  } catch (const std::bad_alloc&) {
    fmt::print(streams.err, "qbench: error: out of memory\n");
  } catch (const std::exception& error) {
    fmt::print(streams.err, "qbench: error: {}\n", printable(error.what()));
  }
  return kExitUsage;
}

}  // namespace qbench
