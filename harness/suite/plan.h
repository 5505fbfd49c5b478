// A plan: a suite's axes multiplied out into cases, with files found and contents hashed.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "harness/suite/backend_facts.h"
#include "harness/suite/suite.h"
#include "reports/record/record.h"

namespace qbench {

// A network as it is run: the FP32 one in some float arithmetic, or one way to quantize it.
struct Variant {
  std::string precision;        // "fp32", "tf32", "fp16" or "int8"
  std::string mode;             // of int8; others: ""
  int calib_batches = 0;        // mode none, and others than int8: 0
  std::string quantized_dtype;  // of int8; others: ""

  bool operator==(const Variant&) const = default;
  bool quantized() const { return precision == "int8"; }
  std::string name() const;  // "fp32", "int8/none", "int8/naive/5batches", "int8/.../uint8"
};

struct Case {
  std::string id;    // content id: equal ids mean equal inputs, options, machine and program
  std::string name;  // "squeezenet1.0/int8/naive/5batches/b32/t2/onednn"
  Variant variant;
  int batch_size = 1;
  int threads = 1;
  Documented documented;
  std::string options_hash;
  std::string reproduce;  // the command line of this case alone
  // Anything but ok: why it cannot run. That of its group, or its own.
  Status status = Status::ok;
  std::string reason;
};

// Cases that share model, images and backend: the images are decoded once for all of them.
struct Group {
  ModelSpec model;  // symbol, params and data sets are paths now
  std::string backend;
  int devices = 1;  // of the backend
  std::string data_hash;
  std::string files_hash;                  // of symbol and parameters
  std::string calibration_hash;            // of the images to calibrate on
  bool shuffles_calibration = false;       // as asked for, or since they lie by class
  std::vector<std::string> class_names{};  // read from their file, where they are in one
  std::vector<Case> cases;
  std::vector<std::string> warnings;
  // Anything but ok: why no case of the group can run.
  Status status = Status::ok;
  std::string reason;

  std::string name() const;  // "squeezenet1.0 on onednn"
};

struct Plan {
  Suite suite;
  std::string program;  // as of PlanContext
  std::vector<Group> groups;
  std::vector<std::string> missing;  // file names that were looked for in vain, each once

  std::size_t count_cases() const;
};

struct DataFacts {
  std::int64_t images = 0;
  std::string hash;
  bool by_class = false;  // images lie class by class
};

// What a plan depends on beside the suite.
struct PlanContext {
  std::vector<BackendFacts> backends;  // the default first; cases of unavailable ones: unsupported
  std::vector<std::string> modes;      // of calibration, "none" included
  int cores = 1;
  std::string machine;  // processor and cores: latencies of another machine are other results
  std::string program;  // which build of which version: another one's results are other results
  std::string command;  // "qbench suite demo", with what it was given beside the axes
  std::function<std::optional<std::string>(const std::string& name)> find_file;
  std::function<std::string(const std::string& path)> hash_file;
  // Opens a data set to be scored or, where labels do not matter, calibrated on. Throws Error.
  std::function<DataFacts(const std::string& data, const OpenOptions& options)> look_at_data;
};

// Throws Error when the suite asks for a backend or mode that is not in the context, or when
// nothing is left to do. Files that are missing or damaged only mark their group.
Plan make_plan(const Suite& suite, const PlanContext& context);

// Leaves the cases whose name matches the regular expression (POSIX extended, anywhere in the
// name). Throws Error when it is malformed or matches none.
void filter(Plan& plan, const std::string& regex);

// Looks for `name` in each directory and its subfolders model, models, data and records; an
// absolute path stands for itself.
std::optional<std::string> find_file(const std::string& name,
                                     const std::vector<std::string>& directories);

}  // namespace qbench
