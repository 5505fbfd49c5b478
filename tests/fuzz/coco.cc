#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/labelled.h"

namespace qbench::fuzz {

void coco(Bytes input) {
  static const Folder folder;
  static const std::string image = folder.write_image("val/a.png");
  const std::string file = folder.write("annotations/instances_val.json", input);
  accepts([&] { read_labels(*open_coco(file)); });
}

}  // namespace qbench::fuzz
