#include "harness/accuracy/class_details.h"

#include <cstddef>
#include <optional>
#include <utility>

namespace qbench {

nlohmann::ordered_json class_details(std::span<const ClassPrecision> classes,
                                     std::span<const std::string> names) {
  using Json = nlohmann::ordered_json;
  const auto figure = [](std::optional<double> value) { return value ? Json(*value) : Json(); };
  Json list = Json::array();
  for (const ClassPrecision& c : classes) {
    Json entry = {{"class", c.label}};
    if (c.label >= 0 && std::cmp_less(c.label, names.size())) {
      entry["name"] = names[static_cast<std::size_t>(c.label)];
    }
    entry["boxes"] = c.boxes;
    entry["voc07"] = figure(c.voc07);
    entry["area"] = figure(c.area);
    entry["coco"] = figure(c.coco);
    list.push_back(std::move(entry));
  }
  return list;
}

}  // namespace qbench
