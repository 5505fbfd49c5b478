#include "datasets/loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <utility>

#include "datasets/shuffle.h"
#include "engine/core/error.h"
#include "engine/core/threads.h"

namespace qbench {
namespace {

constexpr std::int64_t kMaxThreads = 1024;
constexpr float kMaxLabel = 1 << 24;  // whole numbers up to here are exact in float

void check(const LoaderOptions& options, std::int64_t size) {
  if (options.batch_size < 1) {
    throw Error(fmt::format("batch size {}, expected 1 or more", options.batch_size));
  }
  if (options.threads < 0 || options.threads > kMaxThreads) {
    throw Error(fmt::format("{} decoding threads, expected 0 to {}", options.threads, kMaxThreads));
  }
  if (options.first < 0 || options.first > size) {
    throw Error(fmt::format("{} samples skipped of a data set of {}", options.first, size));
  }
}

std::vector<std::int64_t> chosen_samples(const Dataset& dataset, const LoaderOptions& options) {
  const std::int64_t size = dataset.size();
  check(options, size);
  std::vector<std::int64_t> order;
  if (options.shuffle) {
    order = shuffled_order(dataset.shuffle_windows(), options.shuffle_seed);
  } else {
    order.resize(static_cast<std::size_t>(size));
    std::iota(order.begin(), order.end(), 0);
  }
  order.erase(order.begin(), order.begin() + options.first);
  const auto remaining = static_cast<std::int64_t>(order.size());
  if (options.count >= 0)
    order.resize(static_cast<std::size_t>(std::min(options.count, remaining)));
  if (options.permutation_seed) permute(order, *options.permutation_seed);
  return order;
}

int class_of(const std::vector<float>& label) {
  if (label.size() != 1) return -1;
  const float value = label.front();
  if (!(value >= 0 && value <= kMaxLabel && value == std::floor(value))) {
    throw Error(fmt::format("label {} is no class number", value));
  }
  return static_cast<int>(value);
}

// Batches in work: enough that no thread waits while the oldest batch is being finished.
std::size_t ring_size(const LoaderOptions& options) {
  return static_cast<std::size_t>(2 + 2 * options.threads / options.batch_size);
}

}  // namespace

Loader::Loader(const Dataset& dataset, const Preprocess& preprocess, const LoaderOptions& options)
    : dataset_(dataset),
      preprocess_(preprocess),
      options_(options),
      order_(chosen_samples(dataset, options)),
      slots_(ring_size(options)) {
  check(preprocess_);
  const std::int64_t useful = std::min<std::int64_t>(options_.threads, size());
  workers_ = start_up_to(static_cast<int>(useful),
                         [this](const std::stop_token& stop, int /*worker*/) { work(stop); });
}

std::int64_t Loader::batches() const {
  return (size() + options_.batch_size - 1) / options_.batch_size;
}

Loader::Slot& Loader::slot_of(std::int64_t batch) {
  return slots_[static_cast<std::size_t>(batch) % slots_.size()];
}

// Readies the slot of `batch` for its first row. Called with the mutex held, or without threads.
Loader::Slot& Loader::start_batch(std::int64_t batch) {
  const std::int64_t first = batch * options_.batch_size;
  const std::int64_t rows = std::min(options_.batch_size, size() - first);
  const Shape shape{rows, preprocess_.channels, preprocess_.height, preprocess_.width};
  Slot& slot = slot_of(batch);
  slot.missing = rows;
  slot.error = nullptr;
  slot.doubts.assign(static_cast<std::size_t>(rows), {});
  slot.batch.size = rows;
  slot.batch.labels.assign(static_cast<std::size_t>(rows), -1);
  slot.batch.label_vectors.assign(static_cast<std::size_t>(rows), {});
  slot.batch.indices.assign(order_.begin() + first, order_.begin() + first + rows);
  const auto spare = std::ranges::find(spare_, shape, &Tensor::shape);
  if (spare == spare_.end()) {
    slot.batch.data = Tensor(DType::f32, shape);
  } else {
    slot.batch.data = std::move(*spare);
    spare_.erase(spare);
  }
  return slot;
}

void Loader::load_row(Slot& slot, std::int64_t row) const {
  Batch& batch = slot.batch;
  const auto r = static_cast<std::size_t>(row);
  const std::int64_t index = batch.indices[r];
  Sample sample = dataset_.read(index);
  try {
    const std::size_t elements = preprocess_.elements();
    preprocess_image(sample.encoded, preprocess_,
                     batch.data.data<float>().subspan(r * elements, elements), &slot.doubts[r]);
    batch.labels[r] = class_of(sample.label);
    batch.label_vectors[r] = std::move(sample.label);
  } catch (const Error& error) {
    throw error.at(fmt::format("{}: {}", dataset_.description(), dataset_.name(index)));
  }
}

void Loader::work(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  try {
    while (slot_free_.wait(lock, stop, [this] { return can_claim(); }) && !stop.stop_requested() &&
           next_sample_ < size() && !failure_) {
      load_claimed(lock);
    }
  } catch (...) {  // no memory for a batch
    failure_ = std::current_exception();
    batch_done_.notify_one();
    slot_free_.notify_all();
  }
}

// Whether a worker has something to do: a sample whose batch has a place in the ring, or to leave.
bool Loader::can_claim() const {
  const std::int64_t end = next_batch_ + static_cast<std::int64_t>(slots_.size());
  return failure_ || next_sample_ >= size() || next_sample_ / options_.batch_size < end;
}

// Claims the next sample and decodes it, with `lock` released meanwhile.
void Loader::load_claimed(std::unique_lock<std::mutex>& lock) {
  const std::int64_t batch = next_sample_ / options_.batch_size;
  const std::int64_t row = next_sample_ % options_.batch_size;
  Slot& slot = row == 0 ? start_batch(batch) : slot_of(batch);
  ++next_sample_;

  lock.unlock();
  std::exception_ptr error;
  try {
    load_row(slot, row);
  } catch (...) {
    error = std::current_exception();
  }
  lock.lock();
  if (error && (!slot.error || row < slot.error_row)) {
    slot.error = error;
    slot.error_row = row;
  }
  if (--slot.missing == 0) batch_done_.notify_one();
}

std::optional<Batch> Loader::next() {
  std::unique_lock lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
  if (next_batch_ == batches()) return std::nullopt;
  Slot& slot = slot_of(next_batch_);
  if (workers_.empty()) {
    start_batch(next_batch_);
    for (std::int64_t row = 0; row < slot.batch.size; ++row) load_row(slot, row);
  } else {
    const std::int64_t begun = next_batch_ * options_.batch_size;
    batch_done_.wait(lock, [&] { return failure_ || (next_sample_ > begun && slot.missing == 0); });
    if (!failure_ && slot.error) failure_ = slot.error;
    if (failure_) std::rethrow_exception(failure_);
  }
  ++next_batch_;
  Batch batch = std::move(slot.batch);
  for (std::size_t row = 0; row < slot.doubts.size(); ++row) {
    if (!slot.doubts[row].empty()) doubts_.add(slot.doubts[row], dataset_.name(batch.indices[row]));
  }
  lock.unlock();
  slot_free_.notify_all();
  return batch;
}

std::vector<std::string> Loader::notices() const {
  std::vector<std::string> notices = dataset_.notices();
  for (std::string& notice : doubts_.notices()) notices.push_back(std::move(notice));
  return notices;
}

void Loader::recycle(Batch batch) {
  const std::lock_guard lock(mutex_);
  if (spare_.size() < slots_.size() && batch.data.elements() > 0) {
    spare_.push_back(std::move(batch.data));
  }
}

}  // namespace qbench
