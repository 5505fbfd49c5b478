// Which way of computing a convolution was the fastest on which device, kept from one process to
// the next. Knows neither CUDA nor cuDNN: a way is a kind and the library's numbers for a kernel.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace qbench::cudnn {

// A kernel of the library: its engine and the values of its knobs, by type.
struct EngineChoice {
  std::int64_t engine = 0;
  std::vector<std::pair<std::int64_t, std::int64_t>> knobs{};
  bool operator==(const EngineChoice&) const = default;
};

enum class WayKind : std::uint8_t {
  fused,  // the library, with everything after the sums
  sums,   // the library gives the sums, our own kernel does the rest
  own,    // our own kernel throughout
};

struct Way {
  WayKind kind = WayKind::own;
  EngineChoice choice{};  // nothing where `own`
  bool operator==(const Way&) const = default;
};

std::string to_text(const Way& way);  // "fused 42 2=1 13=4", one line
std::optional<Way> way_from_text(std::string_view text);

// Safe to use from several threads. Keys are one line of text without tabs.
class TuningCache {
 public:
  // Without a path nothing is read or written.
  explicit TuningCache(std::string path);

  std::optional<Way> find(const std::string& key) const;
  // Rewrites the file, with what other processes have added meanwhile. A file that cannot be read
  // or written, or lines in it that make no sense, only cost the time to measure again.
  void store(const std::string& key, const Way& way);

 private:
  void read();
  void write() const;

  std::string path_;
  mutable std::mutex mutex_;
  std::map<std::string, Way> ways_;
};

// $XDG_CACHE_HOME/qbench/cudnn-tuning.txt, or in ~/.cache; empty where neither is known.
std::string default_tuning_path();

}  // namespace qbench::cudnn
