#include "datasets/datasets.h"

#include <fmt/format.h>

#include <array>

#include "datasets/annotations.h"
#include "datasets/file.h"
#include "datasets/image_folder.h"
#include "datasets/record_dataset.h"
#include "datasets/shapes.h"
#include "engine/core/error.h"

namespace qbench {
namespace {

bool is_record_file(const std::string& text) { return text.ends_with(".rec"); }

bool is_folder_or_list(const std::string& text) {
  return text.ends_with(".lst") || is_folder(text);
}

// The numbers of these classes are in the data.
std::unique_ptr<Dataset> open_shapes_text(const std::string& text, const OpenOptions&) {
  return open_shapes(parse_shapes(text));
}
std::unique_ptr<Dataset> open_records(const std::string& text, const OpenOptions&) {
  return open_record_dataset(text);
}

constexpr std::array kKinds = {
    DatasetKind{"shapes", "shapes[:val|train][,plain][,count=N][,seed=N]",
                "ten classes of figures, 3x48x48, drawn when read", is_shapes, open_shapes_text},
    DatasetKind{"shapes-det", "shapes-det[:val|train][,plain][,count=N][,seed=N]",
                "boxes around figures of eight classes, 3x128x128, drawn when read", is_shapes,
                open_shapes_text},
    DatasetKind{"records", "FILE.rec", "image records in a RecordIO file", is_record_file,
                open_records},
    DatasetKind{"voc", "FOLDER or FOLDER/ImageSets/Main/LIST.txt",
                "JPEGImages/ with boxes in Annotations/*.xml", is_voc, open_voc},
    DatasetKind{"coco", "FOLDER or instances_NAME.json",
                "boxes in annotations/*.json, images in NAME/ beside it", is_coco, open_coco},
    DatasetKind{"yolo", "FOLDER", "images/ with boxes in labels/*.txt", is_yolo, open_yolo},
    DatasetKind{"folder", "FOLDER or FILE.lst", "image files, by class subfolder or by list",
                is_folder_or_list, open_image_folder},
};

}  // namespace

std::span<const DatasetKind> dataset_kinds() { return kKinds; }

std::unique_ptr<Dataset> open_dataset(const std::string& text, const OpenOptions& options) {
  for (const DatasetKind& kind : kKinds) {
    if (kind.accepts(text)) return kind.open(text, options);
  }
  std::string expected;
  for (const DatasetKind& kind : kKinds) {
    expected += fmt::format("{}{}", expected.empty() ? "" : " | ", kind.syntax);
  }
  throw Error(fmt::format("'{}' is no data set, or does not exist; expected {}", text, expected));
}

}  // namespace qbench
