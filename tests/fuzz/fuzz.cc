#include "tests/fuzz/fuzz.h"

#include <unistd.h>

#include <fstream>
#include <stdexcept>

#include "datasets/image.h"

namespace qbench::fuzz {

void require(bool fact, const std::string& what) {
  if (!fact) throw std::logic_error(what);
}

Folder::Folder() {
  static int number = 0;
  path_ = std::filesystem::temp_directory_path() /
          ("qbench_fuzz_" + std::to_string(::getpid()) + "_" + std::to_string(number++));
  std::filesystem::create_directories(path_);
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string Folder::write(const std::string& name, Bytes content) const {
  const std::filesystem::path file = path_ / name;
  std::filesystem::create_directories(file.parent_path());
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  out.write(reinterpret_cast<const char*>(content.data()),
            static_cast<std::streamsize>(content.size()));
  out.close();
  require(out.good(), "the file can be written");
  return file.string();
}

std::string Folder::write_image(const std::string& name) const {
  const Image image(20, 30);
  const std::vector<std::byte> encoded =
      name.ends_with(".png") ? encode_png(image) : encode_jpeg(image, 90);
  return write(name, {reinterpret_cast<const std::uint8_t*>(encoded.data()), encoded.size()});
}

}  // namespace qbench::fuzz
