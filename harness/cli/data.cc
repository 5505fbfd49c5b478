// qbench data: make, pack, list and verify data sets.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "datasets/datasets.h"
#include "datasets/detection_label.h"
#include "datasets/pack.h"
#include "datasets/shapes.h"
#include "datasets/verify.h"
#include "engine/core/error.h"
#include "engine/core/json_text.h"
#include "engine/core/printable.h"
#include "harness/cli/commands.h"
#include "harness/cli/options.h"
#include "harness/run/environment.h"

namespace qbench {
namespace {

using Json = nlohmann::ordered_json;
using Arguments = std::span<const std::string>;

std::string only(const std::vector<std::string>& values, std::string_view what) {
  if (values.size() != 1)
    throw Error(fmt::format("expected one {}, found {}", what, values.size()));
  return values.front();
}

// "x.rec" -> "x": the prefix that .rec, .idx and .lst share.
std::string prefix_of(const std::string& path) {
  return path.ends_with(".rec") ? path.substr(0, path.size() - 4) : path;
}

int make_data(Arguments arguments, const Streams& streams) {
  std::vector<std::string> names;
  std::string output = "shapes.rec";
  std::int64_t count = 0;
  std::int64_t first = 0;
  Options options("qbench data make shapes[:val|train]|shapes-det[:val|train] [options]",
                  "Draws an embedded data set and writes it as RecordIO.");
  options.positional("NAME", names, "shapes[-det][:val|train][,count=N][,seed=N]");
  options.add("output", output, "FILE", "the .rec file; the .idx goes beside it");
  options.add("count", count, "images; 0: as the name says");
  options.add("first", first, "number of the first image");
  if (!options.parse(arguments)) {
    fmt::print(streams.out, "{}", options.help());
    return kExitOk;
  }
  ShapesOptions shapes = parse_shapes(only(names, "data set"));
  if (count < 0 || first < 0) throw Error("--count and --first cannot be negative");
  if (count > 0) shapes.count = count;
  make_shapes(prefix_of(output) + ".rec", shapes, first);
  fmt::print(streams.out, "{}.rec: {} images\n", prefix_of(output), shapes.count);
  return kExitOk;
}

int pack_data(Arguments arguments, const Streams& streams) {
  std::vector<std::string> sources;
  std::string output;
  PackOptions pack_options;
  bool shuffle = true;
  std::int64_t seed = 100;
  Options options("qbench data pack FOLDER|LIST --output PREFIX [options]",
                  "Packs images into PREFIX.rec, PREFIX.idx and PREFIX.lst, as im2rec does.");
  options.positional("SOURCE", sources, "images, with classes or boxes: see 'qbench list'");
  options.add("output", output, "PREFIX", "where the three files go");
  options.add("quality", pack_options.quality, "of the JPEG files written, 1..100");
  options.add("resize", pack_options.resize_short, "shorter side in pixels; 0: size kept");
  options.add("pack-label", pack_options.pack_label, "label vectors whole, not their first value");
  options.add("pass-through", pack_options.pass_through, "keep the files' bytes, decode nothing");
  options.add("shuffle", shuffle, "in a random order");
  options.add("seed", seed, "of that order");
  if (!options.parse(arguments)) {
    fmt::print(streams.out, "{}", options.help());
    return kExitOk;
  }
  if (output.empty()) throw Error("--output is missing");
  pack_options.shuffle_seed.reset();
  if (shuffle) pack_options.shuffle_seed = static_cast<std::uint64_t>(seed);
  const std::unique_ptr<Dataset> images = open_dataset(only(sources, "folder or list"));
  const Packed packed = pack(*images, prefix_of(output), pack_options);
  fmt::print(streams.out, "{}.rec: {} records\n", prefix_of(output), packed.records);
  for (const std::string& notice : packed.notices)
    fmt::print(streams.out, "warning     {}\n", printable(notice));
  return kExitOk;
}

// Empty for what is no detection record, or a damaged one.
std::vector<GroundTruthBox> boxes_in(std::span<const float> label) {
  try {
    return is_detection_label(label) ? parse_detection_label(label) : std::vector<GroundTruthBox>{};
  } catch (const Error&) {
    return {};
  }
}

Json boxes_json(std::span<const float> label) {
  Json boxes = Json::array();
  for (const GroundTruthBox& box : boxes_in(label)) {
    boxes.push_back({{"class", box.label},
                     {"corners", {box.xmin, box.ymin, box.xmax, box.ymax}},
                     {"difficult", box.difficult},
                     {"crowd", box.crowd}});
  }
  return boxes;
}

// The values; of a detection record its boxes, one to a line.
std::string label_text(std::span<const float> label) {
  const std::vector<GroundTruthBox> boxes = boxes_in(label);
  if (boxes.empty()) return fmt::format("{}", fmt::join(label, ","));
  std::string text = fmt::format("{} boxes", boxes.size());
  for (const GroundTruthBox& box : boxes) {
    text += fmt::format("\n{:>15} {:<4} {:.4f},{:.4f} to {:.4f},{:.4f}{}", "class", box.label,
                        box.xmin, box.ymin, box.xmax, box.ymax,
                        box.crowd       ? ", crowd"
                        : box.difficult ? ", difficult"
                                        : "");
  }
  return text;
}

int list_data(Arguments arguments, const Streams& streams) {
  std::vector<std::string> files;
  std::int64_t first = 0;
  std::int64_t count = -1;
  bool json = false;
  Options options("qbench data list FILE.rec [options]",
                  "Lists the records of a file; decodes nothing.");
  options.positional("FILE", files, "the record file");
  options.add("first", first, "number of the first record");
  options.add("count", count, "records; -1: all");
  options.add("json", json, "print a JSON array");
  if (!options.parse(arguments)) {
    fmt::print(streams.out, "{}", options.help());
    return kExitOk;
  }
  Json list = Json::array();
  for (const RecordInfo& r : list_records(only(files, "record file"), first, count)) {
    if (json) {
      list.push_back({{"index", r.index},
                      {"offset", r.offset},
                      {"id", r.id},
                      {"label", r.label},
                      {"boxes", boxes_json(r.label)},
                      {"format", r.format},
                      {"height", r.height},
                      {"width", r.width},
                      {"image_bytes", r.image_bytes},
                      {"problem", r.problem}});
    } else if (r.problem.empty()) {
      fmt::print(streams.out, "{:>7} id {:<8} {:>4}x{:<4} {} {:>8} bytes  label {}\n", r.index,
                 r.id, r.width, r.height, r.format, r.image_bytes, label_text(r.label));
    } else {
      fmt::print(streams.out, "{:>7} at byte {}: {}\n", r.index, r.offset, r.problem);
    }
  }
  if (json) fmt::print(streams.out, "{}\n", json_text(list, 2));
  return kExitOk;
}

Json verify_json(const VerifyReport& report) {
  Json problems = Json::array();
  for (const RecordProblem& p : report.problems)
    problems.push_back({{"record", p.index}, {"problem", p.message}});
  return {{"records", report.records},
          {"jpeg", report.jpeg},
          {"png", report.png},
          {"other_formats", report.other_formats},
          {"label_vectors", report.label_vectors},
          {"boxes", report.boxes},
          {"boxes_without_area", report.boxes_without_area},
          {"difficult_boxes", report.difficult},
          {"max_class", report.max_class},
          {"min_label", report.min_label},
          {"max_label", report.max_label},
          {"height", {report.min_height, report.max_height}},
          {"width", {report.min_width, report.max_width}},
          {"problems", problems},
          {"repeated_ids", report.repeated_ids},
          {"warnings", report.notices}};
}

void print_verified(const std::string& file, const VerifyReport& report, std::FILE* out) {
  fmt::print(out, "{}: {} records, {} JPEG, {} PNG, {}{}x{} to {}x{} pixels\n", file,
             report.records, report.jpeg, report.png,
             report.other_formats > 0 ? fmt::format("{} other, ", report.other_formats) : "",
             report.min_width, report.min_height, report.max_width, report.max_height);
  if (report.records > report.label_vectors) {
    fmt::print(out, "labels {} to {}\n", report.min_label, report.max_label);
  }
  if (report.label_vectors > 0)
    fmt::print(out, "{} records have a label vector\n", report.label_vectors);
  if (report.boxes > 0) {
    fmt::print(out, "{} boxes of classes up to {}, {} difficult\n", report.boxes, report.max_class,
               report.difficult);
  }
  if (report.boxes_without_area > 0)
    fmt::print(out, "{} boxes have no area\n", report.boxes_without_area);
  if (!report.repeated_ids.empty()) {
    fmt::print(out, "{} ids occur more than once: {}\n", report.repeated_ids.size(),
               fmt::join(std::span(report.repeated_ids)
                             .first(std::min<std::size_t>(report.repeated_ids.size(), 5)),
                         ", "));
  }
  for (const std::string& notice : report.notices)
    fmt::print(out, "warning: {}\n", printable(notice));
  for (const RecordProblem& p : report.problems)
    fmt::print(out, "record {}: {}\n", p.index, printable(p.message));
  fmt::print(
      out, "{}\n",
      report.ok() ? "all records can be used" : fmt::format("{} problems", report.problems.size()));
}

int verify_data(Arguments arguments, const Streams& streams) {
  std::vector<std::string> files;
  bool json = false;
  Options options("qbench data verify FILE.rec [options]",
                  "Decodes every image of a record file and says what cannot be used. Exit code 1 "
                  "if something "
                  "cannot.");
  options.positional("FILE", files, "the record file");
  options.add("json", json, "print one JSON object");
  if (!options.parse(arguments)) {
    fmt::print(streams.out, "{}", options.help());
    return kExitOk;
  }
  const std::string file = only(files, "record file");
  const VerifyReport report = verify_records(file, usable_cores());
  if (json) {
    fmt::print(streams.out, "{}\n", json_text(verify_json(report), 2));
  } else {
    print_verified(file, report, streams.out);
  }
  return report.ok() ? kExitOk : kExitFailed;
}

constexpr std::string_view kUsage =
    "usage: qbench data make|pack|list|verify ...\n"
    "\n"
    "  make    draw an embedded data set and write it as RecordIO\n"
    "  pack    images of a folder or a list into .rec, .idx and .lst\n"
    "  list    what the records of a file are\n"
    "  verify  decode every image of a record file\n"
    "\n"
    "'qbench data make --help' shows the options of one.\n";

}  // namespace

int data_command(std::span<const std::string> arguments, const Streams& streams) {
  const std::string action = arguments.empty() ? "" : arguments.front();
  if (action == "--help" || action == "-h" || action == "help") {
    fmt::print(streams.out, "{}", kUsage);
    return kExitOk;
  }
  if (action == "make") return make_data(arguments.subspan(1), streams);
  if (action == "pack") return pack_data(arguments.subspan(1), streams);
  if (action == "list") return list_data(arguments.subspan(1), streams);
  if (action == "verify") return verify_data(arguments.subspan(1), streams);
  throw Error(
      fmt::format("'{}' is no action of qbench data, expected make, pack, list or verify", action));
}

}  // namespace qbench
