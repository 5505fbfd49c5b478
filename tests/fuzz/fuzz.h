// Fuzz targets: each gives bytes nobody vouches for to one reader of files.
//
// A reader may accept them or throw Error. Anything else (another exception, a crash, a leak, no
// end, memory without bound) is a fault of the reader, and so is a step after a successful reading
// that fails or does not give back what was read.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "engine/core/error.h"

namespace qbench::fuzz {

using Bytes = std::span<const std::uint8_t>;

void params(Bytes input);             // NAME-0000.params
void symbol(Bytes input);             // NAME-symbol.json
void onnx(Bytes input);               // NAME.onnx
void graph_text(Bytes input);         // a graph as text
void calibration_table(Bytes input);  // a calibration table's JSON
void record(Bytes input);             // FILE.rec: records, labels
void list(Bytes input);               // FILE.lst, FILE.idx
void image(Bytes input);              // JPEG and PNG files
void coco(Bytes input);               // instances_NAME.json
void voc(Bytes input);                // Annotations/NAME.xml
void yolo(Bytes input);               // labels/NAME.txt
void suite(Bytes input);              // a suite's YAML

struct Target {
  std::string_view name;  // of the program fuzz_NAME and of the folder corpus/NAME
  void (*run)(Bytes input);
};

inline constexpr std::array kTargets = {
    Target{"params", params},
    Target{"symbol", symbol},
    Target{"onnx", onnx},
    Target{"graph_text", graph_text},
    Target{"calibration_table", calibration_table},
    Target{"record", record},
    Target{"list", list},
    Target{"image", image},
    Target{"coco", coco},
    Target{"voc", voc},
    Target{"yolo", yolo},
    Target{"suite", suite},
};

// What the targets share.

inline std::string_view text_of(Bytes input) {
  return {reinterpret_cast<const char*>(input.data()), input.size()};
}

// Whether `read` succeeds. Any exception but Error passes through.
template <class Read>
bool accepts(Read&& read) {
  try {
    std::forward<Read>(read)();
    return true;
  } catch (const Error&) {
    return false;
  }
}

// Throws std::logic_error, which ends a target, when `fact` is false.
void require(bool fact, const std::string& what);

// A folder of this process, removed when it ends.
class Folder {
 public:
  Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder();

  std::string path(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, Bytes content) const;  // returns the path
  std::string write_image(const std::string& name) const;           // a small PNG or JPEG

 private:
  std::filesystem::path path_;
};

}  // namespace qbench::fuzz
