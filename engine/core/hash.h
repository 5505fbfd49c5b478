// Content hash (XXH3, 128 bits as 32 hexadecimal digits) of models, data, tables and cases.
// Tells whether two things are the same; not for secrets.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace qbench {

class Hasher {
 public:
  Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  ~Hasher();

  Hasher& add(std::span<const std::byte> bytes);
  Hasher& add(std::string_view text);  // with its length, so that "ab"+"c" is not "a"+"bc"
  std::string hex() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Hash of a whole file. Throws Error naming the file when it cannot be read.
std::string hash_file(const std::string& path);

}  // namespace qbench
