#include "harness/suite/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "datasets/shapes.h"
#include "engine/core/error.h"
#include "engine/core/hash.h"
#include "engine/core/nearest_name.h"
#include "harness/model/zoo_source.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;

void check_known(const char* what, const std::vector<std::string>& wanted,
                 const std::vector<std::string>& known) {
  for (const std::string& name : wanted) {
    if (std::ranges::count(known, name) > 0) continue;
    const std::vector<std::string_view> names(known.begin(), known.end());
    const std::string_view nearest = nearest_name(name, names);
    throw Error(fmt::format("no {} '{}' in this build, expected of: {}{}", what, name,
                            fmt::join(known, ", "),
                            nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest)));
  }
}

std::vector<Variant> variants_of(const Axes& axes) {
  std::vector<Variant> variants;
  for (const std::string& precision : axes.precisions) {
    if (precision != "int8") {
      variants.push_back({precision, "", 0, ""});
      continue;
    }
    for (const std::string& dtype : axes.quantized_dtypes) {
      for (const std::string& mode : axes.modes) {
        if (mode == "none") {
          variants.push_back({"int8", mode, 0, dtype});
          continue;
        }
        for (const int batches : axes.calib_batches) {
          variants.push_back({"int8", mode, batches, dtype});
        }
      }
    }
  }
  return variants;
}

Documented documented_for(const ModelSpec& model, const Variant& variant) {
  if (variant.precision == "fp32") return model.expected_fp32;
  if (!variant.quantized()) return {};
  const ExpectedInt8& expected = model.expected_int8;
  const bool applies =
      (expected.mode.empty() || expected.mode == variant.mode) &&
      (expected.calib_batches == 0 || expected.calib_batches == variant.calib_batches);
  return applies ? expected.figures : Documented{};
}

std::string describe(const MeasureOptions& m) {
  return fmt::format("{} {} {} {} {} {} {} {} {} {} {}", m.warmup_seconds, m.warmup_runs,
                     m.min_seconds, m.max_seconds, m.min_samples, m.give_up_seconds, m.max_samples,
                     m.target_interval, m.rounds, m.mistrust_noise, m.pin);
}

std::string describe(const DetectionOptions& d) {
  return fmt::format("{} {} {} {}", d.overlap, d.use_difficult, fmt::join(d.network_classes, ","),
                     fmt::join(d.label_classes, ","));
}

// One planning: finds and hashes each file once.
class Planner {
 public:
  Planner(const Suite& suite, const PlanContext& context) : context_(context) {
    plan_.suite = suite;
    plan_.program = context.program;
    if (plan_.suite.axes.backends.empty())
      plan_.suite.axes.backends = {context.backends.at(0).name};
    for (int& threads : plan_.suite.axes.threads) {
      if (threads == 0) threads = context.cores;
    }
    auto& threads = plan_.suite.axes.threads;
    std::vector<int> unique;  // 0 and the number of cores may both have been asked for
    for (const int count : threads) {
      if (std::ranges::count(unique, count) == 0) unique.push_back(count);
    }
    threads = unique;
  }

  Plan run() && {
    for (const ModelSpec& model : plan_.suite.models) {
      for (const std::string& backend : plan_.suite.axes.backends) add_group(model, backend);
    }
    return std::move(plan_);
  }

 private:
  void add_group(const ModelSpec& model, const std::string& backend) {
    Group group;
    group.model = model;
    group.backend = backend;
    const BackendFacts& facts = facts_about(backend);
    group.devices = std::max(1, facts.devices);
    find_files(group);
    if (!facts.unavailable.empty()) {
      group.status = Status::unsupported;
      group.reason = fmt::format("backend {} {}", backend, facts.unavailable);
    }
    if (group.status == Status::ok) look_at_contents(group);
    const std::vector<int> threads_of_cases =
        facts.uses_threads ? plan_.suite.axes.threads : std::vector<int>{1};
    for (const Variant& variant : variants_of(plan_.suite.axes)) {
      for (const int batch_size : plan_.suite.axes.batch_sizes) {
        for (const int threads : threads_of_cases) {
          Case& made = group.cases.emplace_back(make_case(group, variant, batch_size, threads));
          judge(group, facts, made);
        }
      }
    }
    plan_.groups.push_back(std::move(group));
  }

  const BackendFacts& facts_about(const std::string& backend) const {
    return *std::ranges::find(context_.backends, backend, &BackendFacts::name);
  }

  // Whether the case can run where its group can.
  static void judge(const Group& group, const BackendFacts& facts, Case& made) {
    made.status = group.status;
    made.reason = group.reason;
    if (made.status != Status::ok) return;
    if (std::ranges::count(facts.precisions, made.variant.precision) == 0) {
      made.status = Status::unsupported;
      made.reason = fmt::format("backend {} has no {}, it has {}", facts.name,
                                made.variant.precision, fmt::join(facts.precisions, ", "));
    } else if (made.variant.quantized_dtype == "uint8" && !facts.takes_u8) {
      made.status = Status::unsupported;
      made.reason =
          fmt::format("backend {} computes on int8 values alone, found uint8", facts.name);
    }
  }

  void find_files(Group& group) {
    std::vector<std::string> missing;
    const auto find = [&](std::string& name) {
      if (name.empty() || is_shapes(name) || is_zoo(name)) return;
      if (const std::optional<std::string> path = context_.find_file(name)) {
        name = *path;
      } else if (std::ranges::count(missing, name) == 0) {
        missing.push_back(name);
      }
    };
    find(group.model.symbol);
    find(group.model.params);
    find(group.model.dataset.records);
    find(group.model.dataset.calibration.records);
    find_class_names(group.model.dataset.class_names);
    if (missing.empty()) return;
    group.status = Status::skipped;
    group.reason = fmt::format("missing {}", fmt::join(missing, ", "));
    for (const std::string& name : missing) {
      if (std::ranges::count(plan_.missing, name) == 0) plan_.missing.push_back(name);
    }
  }

  // One name may be that of a file, which lies where the others do.
  void find_class_names(std::vector<std::string>& names) const {
    if (names.size() != 1 || names.front().find('.') == std::string::npos) return;
    if (std::optional<std::string> path = context_.find_file(names.front()))
      names.front() = *std::move(path);
  }

  // Hashes, and whether the images that are asked for are there.
  void look_at_contents(Group& group) {
    const DatasetSpec& dataset = group.model.dataset;
    try {
      Hasher files;
      files.add(hash(group.model.symbol));
      if (!group.model.params.empty()) files.add(hash(group.model.params));
      group.files_hash = files.hex();
      const OpenOptions options = dataset.open_options();
      const DataFacts& scored = facts(dataset.records, options);
      group.class_names = ClassMap(dataset.class_names).names();
      if (dataset.skip >= scored.images) {
        throw Error(fmt::format("{}: {} images, none left after skipping {}", dataset.records,
                                scored.images, dataset.skip));
      }
      group.data_hash =
          Hasher().add(scored.hash).add(fmt::format("{} {}", dataset.skip, dataset.count)).hex();
      DataFacts calibration = scored;
      if (dataset.calibration.records != dataset.records)
        calibration = facts(dataset.calibration.records, {.labels = false});
      group.shuffles_calibration = dataset.calibration.shuffle.value_or(calibration.by_class);
      group.calibration_hash = calibration.hash;
      warn_of_overlap(group, calibration, scored);
    } catch (const Error& error) {
      group.status = Status::failed;
      group.reason = error.what();
    }
  }

  void warn_of_overlap(Group& group, const DataFacts& calibration, const DataFacts& scored) const {
    const Axes& axes = plan_.suite.axes;
    const bool calibrates =
        std::ranges::count(axes.precisions, "int8") > 0 &&
        std::ranges::any_of(axes.modes, [](const std::string& mode) { return mode != "none"; });
    if (!calibrates || calibration.hash != scored.hash) return;
    const DatasetSpec& dataset = group.model.dataset;
    const CalibrationSpec& spec = dataset.calibration;
    const bool shuffle = group.shuffles_calibration;
    const std::int64_t begin = shuffle ? 0 : spec.first;
    const std::int64_t end =
        shuffle ? calibration.images
                : spec.first + std::int64_t{spec.batch_size} * std::ranges::max(axes.calib_batches);
    const std::int64_t scored_end =
        dataset.count < 0 ? scored.images : dataset.skip + dataset.count;
    if (begin >= scored_end || end <= dataset.skip) return;
    group.warnings.emplace_back(
        "some images that are scored may have been calibrated on: INT8 accuracy is flattered");
  }

  Case make_case(const Group& group, const Variant& variant, int batch_size, int threads) const {
    const ModelSpec& model = group.model;
    Case made;
    made.variant = variant;
    made.batch_size = batch_size;
    made.threads = threads;
    made.name = fmt::format("{}/{}/b{}/t{}/{}", name_of(model), variant.name(), batch_size, threads,
                            group.backend);
    made.documented = documented_for(model, variant);
    made.options_hash = hash_options(group, made);
    made.id = Hasher()
                  .add(context_.program)
                  .add(context_.machine)
                  .add(facts_about(group.backend).description)
                  .add(model.name)
                  .add(group.files_hash)
                  .add(model.dataset.name)
                  .add(group.data_hash)
                  .add(made.options_hash)
                  .hex();
    made.reproduce = reproduce(group, made);
    return made;
  }

  std::string name_of(const ModelSpec& model) const {
    const auto same = std::ranges::count(plan_.suite.models, model.name, &ModelSpec::name);
    return same > 1 ? model.name + "@" + model.dataset.name : model.name;
  }

  std::string hash_options(const Group& group, const Case& made) const {
    const ModelSpec& model = group.model;
    const CalibrationSpec& calibration = model.dataset.calibration;
    Hasher hasher;
    hasher.add(group.backend)
        .add(made.variant.name())
        .add(fmt::format("{} {}", made.batch_size, made.threads))
        .add(model.output)
        .add(model.until)
        .add(fmt::format("{} {} {} {}", to_string(model.image_shape),
                         fmt::join(model.rgb_mean, ","), fmt::join(model.rgb_std, ","),
                         model.resize_short))
        .add(describe(plan_.suite.measure))
        .add(describe(model.dataset.detection))
        .add(fmt::format("{}", plan_.suite.until_margin))
        .add(fmt::format("{}", fmt::join(group.class_names, "\n")));
    if (!made.variant.quantized()) return hasher.hex();
    hasher.add(
        fmt::format("{} {}", model.exclude_first_conv, fmt::join(model.excluded_layers, ",")));
    if (made.variant.mode == "none") return hasher.hex();
    const bool shuffle = group.shuffles_calibration;
    return hasher.add(group.calibration_hash.empty() ? calibration.records : group.calibration_hash)
        .add(fmt::format("{} {} {} {}", calibration.first, calibration.batch_size, shuffle,
                         shuffle ? calibration.shuffle_seed : 0))
        .hex();
  }

  std::string reproduce(const Group& group, const Case& made) const {
    std::string text = fmt::format("{} --models {} --backends {} --precisions {}", context_.command,
                                   group.model.name, group.backend, made.variant.precision);
    if (made.variant.quantized()) text += " --modes " + made.variant.mode;
    if (made.variant.calib_batches > 0) {
      text += fmt::format(" --batches {}", made.variant.calib_batches);
    }
    if (!made.variant.quantized_dtype.empty() && made.variant.quantized_dtype != "auto") {
      text += " --quantized-dtype " + made.variant.quantized_dtype;
    }
    return text + fmt::format(" --batch-sizes {} --threads {}", made.batch_size, made.threads);
  }

  const std::string& hash(const std::string& path) {
    const auto found = hashes_.find(path);
    if (found != hashes_.end()) return found->second;
    const std::string content = is_zoo(path) ? Hasher().add(path).hex() : context_.hash_file(path);
    return hashes_.emplace(path, content).first->second;
  }

  const DataFacts& facts(const std::string& data, const OpenOptions& options) {
    const std::string key =
        fmt::format("{}\n{}\n{}", data, options.labels, fmt::join(options.classes.names(), "\n"));
    const auto found = facts_.find(key);
    if (found != facts_.end()) return found->second;
    return facts_.emplace(key, context_.look_at_data(data, options)).first->second;
  }

  const PlanContext& context_;
  Plan plan_;
  std::map<std::string, std::string> hashes_;
  std::map<std::string, DataFacts> facts_;
};

}  // namespace

std::string Variant::name() const {
  if (!quantized()) return precision;
  std::string text = precision + "/" + mode;
  if (calib_batches > 0) text += fmt::format("/{}batches", calib_batches);
  if (quantized_dtype != "auto") text += "/" + quantized_dtype;
  return text;
}

std::string Group::name() const { return model.name + " on " + backend; }

std::size_t Plan::count_cases() const {
  std::size_t count = 0;
  for (const Group& group : groups) count += group.cases.size();
  return count;
}

Plan make_plan(const Suite& suite, const PlanContext& context) {
  std::vector<std::string> backends;
  for (const BackendFacts& facts : context.backends) backends.push_back(facts.name);
  check_known("backend", suite.axes.backends, backends);
  check_known("calibration mode", suite.axes.modes, context.modes);
  return Planner(suite, context).run();
}

std::optional<std::string> find_file(const std::string& name,
                                     const std::vector<std::string>& directories) {
  const fs::path path(name);
  std::error_code failure;
  if (path.is_absolute()) {
    return fs::exists(path, failure) ? std::optional(name) : std::nullopt;
  }
  for (const std::string& directory : directories) {
    for (const char* folder : {"", "model", "models", "data", "records"}) {
      const fs::path candidate = fs::path(directory) / folder / path;
      if (fs::exists(candidate, failure)) return candidate.lexically_normal().string();
    }
  }
  return std::nullopt;
}

}  // namespace qbench
