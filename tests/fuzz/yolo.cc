#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/labelled.h"

namespace qbench::fuzz {

void yolo(Bytes input) {
  static const Folder folder;
  static const std::string image = folder.write_image("yolo/images/a.png");
  folder.write("yolo/labels/a.txt", input);
  accepts([&] { read_labels(*open_yolo(folder.path("yolo"))); });
}

}  // namespace qbench::fuzz
