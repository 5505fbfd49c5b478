#include "datasets/record_dataset.h"

#include <fmt/format.h>

#include "datasets/image_record.h"
#include "datasets/record_io.h"
#include "datasets/shuffle.h"
#include "engine/core/error.h"
#include "engine/core/hash.h"

namespace qbench {
namespace {

class RecordDataset : public Dataset {
 public:
  explicit RecordDataset(const std::string& path) : reader_(path) {
    if (reader_.size() == 0) throw Error(path + ": holds no records");
  }

  std::int64_t size() const override { return reader_.size(); }

  Sample read(std::int64_t index) const override {
    const std::vector<std::byte> payload = reader_.read(index);
    try {
      return parse_image_record(payload);
    } catch (const Error& error) {
      throw error.at(reader_.path() + ": " + name(index));
    }
  }

  std::string name(std::int64_t index) const override {
    return fmt::format("record {} at byte {}", index,
                       reader_.offsets()[checked_index(index, size())]);
  }

  std::string description() const override { return reader_.path(); }
  std::string content_hash() const override { return hash_file(reader_.path()); }

  std::vector<std::int64_t> shuffle_windows() const override {
    return reading_windows(reader_.offsets(), reader_.file_size());
  }

 private:
  RecordReader reader_;
};

}  // namespace

std::unique_ptr<Dataset> open_record_dataset(const std::string& path) {
  return std::make_unique<RecordDataset>(path);
}

}  // namespace qbench
