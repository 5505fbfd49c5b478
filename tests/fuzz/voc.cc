#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/labelled.h"

namespace qbench::fuzz {

void voc(Bytes input) {
  static const Folder folder;
  static const std::string image = folder.write_image("voc/JPEGImages/a.jpg");
  folder.write("voc/Annotations/a.xml", input);
  accepts([&] { read_labels(*open_voc(folder.path("voc"))); });
}

}  // namespace qbench::fuzz
