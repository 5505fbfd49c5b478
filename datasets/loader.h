// Turns a data set into batches of network inputs, decoded ahead on worker threads.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "datasets/dataset.h"
#include "datasets/doubts.h"
#include "datasets/transform.h"
#include "engine/core/tensor.h"

namespace qbench {

struct Batch {
  Tensor data;              // f32 [size, channels, height, width]
  std::vector<int> labels;  // class numbers; -1 for a sample with a label vector
  std::vector<std::vector<float>> label_vectors;  // as stored, one for each sample
  std::vector<std::int64_t> indices;              // of the samples in the data set
  std::int64_t size = 0;                          // batch_size, or fewer in the last batch
};

struct LoaderOptions {
  std::int64_t batch_size = 32;
  std::int64_t first = 0;   // samples skipped, in the (shuffled) order
  std::int64_t count = -1;  // samples delivered at most; -1: all that remain
  // 0, and where the system refuses to start any: decode in the thread that calls next().
  int threads = 1;
  bool shuffle = false;  // order of shuffle.h
  std::uint32_t shuffle_seed = 0;
  // The samples so chosen, in a random order that is the same on every machine.
  std::optional<std::uint64_t> permutation_seed{};
};

// Delivers every chosen sample once, in an order that does not depend on the number of threads.
// next() and recycle() are called from one thread.
class Loader {
 public:
  // `dataset` must outlive the loader. Throws Error on options that make no sense.
  Loader(const Dataset& dataset, const Preprocess& preprocess, const LoaderOptions& options);

  const Dataset& dataset() const { return dataset_; }

  // Number of samples in all batches.
  std::int64_t size() const { return static_cast<std::int64_t>(order_.size()); }

  const Preprocess& preprocess() const { return preprocess_; }

  // The next batch; nothing after the last one. Throws the Error of the batch's first bad sample,
  // and again when called after that.
  std::optional<Batch> next();

  // What a user should know of the samples delivered so far: the data set's notices, and images
  // that were decoded though something was wrong with them, counted.
  std::vector<std::string> notices() const;

  // Hands a batch's memory back for the batches to come. Without it each batch has new memory.
  void recycle(Batch batch);

 private:
  struct Slot {
    Batch batch;
    std::vector<std::string_view> doubts;  // of each image, mostly empty
    std::int64_t missing = 0;              // samples not decoded yet
    std::int64_t error_row = 0;
    std::exception_ptr error;  // of the first bad row so far
  };

  void work(const std::stop_token& stop);
  bool can_claim() const;
  void load_claimed(std::unique_lock<std::mutex>& lock);
  Slot& start_batch(std::int64_t batch);
  void load_row(Slot& slot, std::int64_t row) const;
  std::int64_t batches() const;
  Slot& slot_of(std::int64_t batch);

  const Dataset& dataset_;
  const Preprocess preprocess_;
  const LoaderOptions options_;
  std::vector<std::int64_t> order_;
  std::vector<Slot> slots_;  // a ring: batch b lies in slot b % slots_.size()
  std::vector<Tensor> spare_;
  std::exception_ptr failure_;
  Doubts doubts_;  // of the batches delivered

  std::mutex mutex_;
  std::condition_variable_any slot_free_;
  std::condition_variable_any batch_done_;
  std::int64_t next_sample_ = 0;       // to be claimed by a worker, position in order_
  std::int64_t next_batch_ = 0;        // to be delivered
  std::vector<std::jthread> workers_;  // last: stopped and joined before the rest goes
};

}  // namespace qbench
