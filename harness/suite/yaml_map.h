// A mapping of a YAML file, read key by key. Whatever is wrong is an Error with file, line and
// column; keys that nobody asked for are wrong too.
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace YAML {
class Node;
}

namespace qbench {

class YamlMap {
 public:
  // `file` is how messages call the text.
  static YamlMap parse(const std::string& text, const std::string& file);
  YamlMap(YamlMap&&) noexcept;
  ~YamlMap();

  bool has(const std::string& key) const;
  bool is_list(const std::string& key) const;

  // Each leaves `target` as it was when the key is absent.
  void read(const std::string& key, std::string& target);
  void read(const std::string& key, bool& target);
  void read(const std::string& key, int& target, int min, int max = kMaxInt);
  void read(const std::string& key, std::int64_t& target, std::int64_t min);
  void read(const std::string& key, double& target, double min, double max);
  void read(const std::string& key, std::optional<double>& target, double min, double max);
  void read(const std::string& key, std::array<float, 3>& target);
  // Lists: one value stands for a list of one. Empty lists and repeated values are errors.
  void read(const std::string& key, std::vector<std::string>& target);
  void read(const std::string& key, std::vector<int>& target, int min);

  std::optional<YamlMap> map(const std::string& key);
  std::vector<YamlMap> maps(const std::string& key);  // a list of mappings; empty when absent

  // Throws Error for the first key that was not read, with the nearest one that is known.
  void finish() const;

  std::string place() const;  // FILE:LINE:COLUMN of the mapping
  // Throws Error at the place of the key's value, or of the mapping when the key is absent.
  // Of a list, at that of its element, where `element` says which.
  [[noreturn]] void fail(const std::string& key, const std::string& message,
                         std::optional<std::size_t> element = {}) const;

 private:
  static constexpr int kMaxInt = std::numeric_limits<int>::max();
  struct State;
  YamlMap(const std::string& file, const YAML::Node& node);
  YAML::Node take(const std::string& key);

  std::unique_ptr<State> state_;
};

}  // namespace qbench
