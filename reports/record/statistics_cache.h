// What takes long to compute from recorded detections, kept for the next time it is asked for.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace qbench {

// Equal keys mean equal numbers.
struct StatisticKey {
  std::string name;                 // with the version of the formula: "map_drop 1"
  std::string parameters;           // "seed 1, 1000 resamples, confidence 0.95"
  std::vector<std::string> inputs;  // content hashes (blob.h), in the order of the arguments

  bool operator<(const StatisticKey& other) const {
    return std::tie(name, parameters, inputs) <
           std::tie(other.name, other.parameters, other.inputs);
  }
};

class StatisticsCache {
 public:
  StatisticsCache() = default;
  StatisticsCache(const StatisticsCache&) = delete;
  StatisticsCache& operator=(const StatisticsCache&) = delete;
  virtual ~StatisticsCache() = default;

  virtual std::optional<std::vector<double>> find(const StatisticKey& key) = 0;
  virtual void put(const StatisticKey& key, const std::vector<double>& numbers) = 0;
};

// Kept as long as the object lives.
class StatisticsInMemory : public StatisticsCache {
 public:
  std::optional<std::vector<double>> find(const StatisticKey& key) override;
  void put(const StatisticKey& key, const std::vector<double>& numbers) override;

 private:
  std::map<StatisticKey, std::vector<double>> known_;
};

// Kept in the database at `path` as well, where it can be written and has this program's schema;
// what it has is read also where it cannot. Never an error: what is not kept is computed again.
std::unique_ptr<StatisticsCache> open_statistics(const std::string& path);

}  // namespace qbench
