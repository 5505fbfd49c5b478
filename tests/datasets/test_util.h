// What the tests of datasets/ share: folders for their files, bytes, small images.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "datasets/image.h"
#include "engine/core/error.h"

namespace qbench {

// An empty folder, removed with its contents at the end.
class TestFolder {
 public:
  TestFolder() {
    static int number = 0;
    path_ = std::filesystem::path(::testing::TempDir()) /
            ("qbench_datasets_" + std::to_string(::getpid()) + "_" + std::to_string(number++));
    std::filesystem::create_directories(path_);
  }
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() { std::filesystem::remove_all(path_); }

  std::string file(const std::string& name) const { return (path_ / name).string(); }

  std::size_t files() const {
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
  }

 private:
  std::filesystem::path path_;
};

inline std::vector<std::byte> bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

inline void write_bytes(const std::string& path, std::span<const std::byte> bytes) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream file(path, std::ios::binary);
  file.write(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::streamsize>(bytes.size()));
  ASSERT_TRUE(file.good()) << path;
}

inline void write_text(const std::string& path, std::string_view text) {
  write_bytes(path, std::as_bytes(std::span(text)));
}

// Value i of [height, width, 3] is (7919 i + i/97) mod 256.
inline Image pattern_image(int height, int width) {
  Image image(height, width);
  for (std::size_t i = 0; i < image.pixels.size(); ++i) {
    image.pixels[i] = static_cast<std::uint8_t>(7919 * i + i / 97);
  }
  return image;
}

// The message of the Error that `call` throws, or a note that it threw none.
template <class Call>
std::string error_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "(no error)";
}

// Folder with the real data, empty where there is none.
inline std::string real_data() {
  const char* folder = std::getenv("QBENCH_TEST_DATA");
  return folder != nullptr ? folder : "";
}

}  // namespace qbench

#define QBENCH_NEEDS_REAL_DATA() \
  if (qbench::real_data().empty()) GTEST_SKIP() << "QBENCH_TEST_DATA names no folder of real data"
