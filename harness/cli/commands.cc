// The list of commands.
#include "harness/cli/commands.h"

namespace qbench {

const std::vector<Command>& commands() {
  static const std::vector<Command> list = {
      {"suite", "run a suite: FP32 against INT8, accuracy, latency and memory", suite_command},
      {"quantize", "one FP32 model in, a saved INT8 model out", quantize_command},
      {"infer", "accuracy of one model, or its speed on dummy data", infer_command},
      {"export", "a model in another format, or a built-in network as files", export_command},
      {"inspect", "graph, parameters and time per layer of one model", inspect_command},
      {"gate", "a run of the database judged again by the gates of a suite", gate_command},
      {"report", "a run of the database as Markdown, HTML, JSON or CSV", report_command},
      {"merge", "runs of several databases in one", merge_command},
      {"prune", "old runs out of a database", prune_command},
      {"data", "make, pack, list and verify data sets", data_command},
      {"list", "what this build can do", list_command},
      {"doctor", "what this machine can do, and what would spoil measurements", doctor_command},
      {"worker", "", worker_command},
  };
  return list;
}

}  // namespace qbench
