// The commands, one function each; commands.cc lists them.
#pragma once

#include "harness/cli/command.h"

namespace qbench {

int suite_command(std::span<const std::string> arguments, const Streams& streams);
int quantize_command(std::span<const std::string> arguments, const Streams& streams);
int infer_command(std::span<const std::string> arguments, const Streams& streams);
int report_command(std::span<const std::string> arguments, const Streams& streams);
int gate_command(std::span<const std::string> arguments, const Streams& streams);
int merge_command(std::span<const std::string> arguments, const Streams& streams);
int prune_command(std::span<const std::string> arguments, const Streams& streams);
int export_command(std::span<const std::string> arguments, const Streams& streams);
int inspect_command(std::span<const std::string> arguments, const Streams& streams);
int data_command(std::span<const std::string> arguments, const Streams& streams);
int list_command(std::span<const std::string> arguments, const Streams& streams);
int doctor_command(std::span<const std::string> arguments, const Streams& streams);
int worker_command(std::span<const std::string> arguments, const Streams& streams);

}  // namespace qbench
