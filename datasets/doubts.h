// Images that were decoded though something was wrong with them.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace qbench {

class Doubts {
 public:
  // `doubt` as decode_image() gives it; nothing is added when it is empty.
  void add(std::string_view doubt, const std::string& name);

  // One for each kind of doubt: "3 images without an end marker: first NAME".
  std::vector<std::string> notices() const;

 private:
  struct Found {
    std::int64_t count = 0;
    std::string first;
  };
  std::map<std::string_view, Found> found_;
};

}  // namespace qbench
