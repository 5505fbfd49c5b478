// Files read safely: what the data set files share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace qbench {

// An open file, read at any position from any thread. Reading past the end throws Error naming the
// file and the byte.
class InputFile {
 public:
  explicit InputFile(std::string path);
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile();

  const std::string& path() const { return path_; }
  std::uint64_t size() const { return size_; }
  void read(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  std::string path_;
  int file_ = -1;
  std::uint64_t size_ = 0;
};

std::vector<std::byte> read_file(const std::string& path);
std::string read_text(const std::string& path);
std::vector<std::string> read_lines(const std::string& path);  // without their ends

bool is_folder(const std::string& path);  // what cannot be looked at is none

}  // namespace qbench
