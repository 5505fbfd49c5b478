#include "harness/cli/accuracy_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <tuple>

#include "engine/core/output_file.h"
#include "engine/core/printable.h"
#include "harness/accuracy/class_details.h"
#include "reports/record/average_precision.h"

namespace qbench {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kOutcomes = {"ignored", "hit", "miss"};

void print_classes(std::FILE* out, const Json& classes, const char* figure) {
  for (const Json& c : classes) {
    if (c[figure].is_null()) continue;
    const std::string name =
        c.contains("name") ? printable(c["name"].get<std::string>()) : "class " + c["class"].dump();
    fmt::print(out, "{}: {:.4f}\n", name, c[figure].get<double>());
  }
}

}  // namespace

void add_classification(const Score& score, Json& json) {
  const Accuracy accuracy = count_correct(score.predictions);
  const auto images = static_cast<double>(accuracy.images);
  json["images"] = accuracy.images;
  json["correct_top1"] = accuracy.correct_top1;
  json["correct_top5"] = accuracy.correct_top5;
  json["top1"] = static_cast<double>(accuracy.correct_top1) / images;
  json["top5"] = static_cast<double>(accuracy.correct_top5) / images;
}

void add_detection(const Score& score, std::span<const std::string> class_names, Json& json) {
  const PrecisionSet precision(score.detections);
  const MeanPrecision mean = precision.mean();
  json["images"] = precision.images();
  json["map_voc07"] = mean.voc07;
  json["map_area"] = mean.area;
  json["map_coco"] = mean.coco;
  json["classes"] = class_details(precision.classes(), class_names);
}

void print_accuracy(std::FILE* out, const Json& json, bool area) {
  if (json.contains("top1")) {
    for (const auto& [label, share, count] :
         {std::tuple{"top-1", "top1", "correct_top1"}, {"top-5", "top5", "correct_top5"}}) {
      fmt::print(out, "{}       {:.2f} %  ({} right)\n", label, 100 * json[share].get<double>(),
                 json[count].get<std::int64_t>());
    }
  }
  if (json.contains("map_voc07")) {
    print_classes(out, json["classes"], area ? "area" : "voc07");
    fmt::print(out, "mAP: {:.4f}\n", json[area ? "map_area" : "map_voc07"].get<double>());
    fmt::print(out, "mAP by VOC07 {:.4f}, area under the curve {:.4f}, COCO {:.4f}\n",
               json["map_voc07"].get<double>(), json["map_area"].get<double>(),
               json["map_coco"].get<double>());
  }
}

void write_predictions(const std::string& path, const Score& score) {
  OutputFile file(path);
  if (!score.predictions.empty()) file.write("image,label,top1,top2,top3,top4,top5\n");
  for (const Prediction& p : score.predictions) {
    file.write(fmt::format("{},{},{}\n", p.sample, p.label, fmt::join(p.top, ",")));
  }
  if (!score.detections.empty()) file.write("image,class,score,voc\n");
  for (const DetectedImage& image : score.detections) {
    for (const Detection& d : image.detections) {
      file.write(fmt::format("{},{},{},{}\n", image.sample, d.label, d.score,
                             kOutcomes.at(static_cast<std::size_t>(d.voc))));
    }
  }
  file.commit();
}

}  // namespace qbench
