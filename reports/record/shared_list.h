// A list whose copies share one storage until one of them is changed.
#pragma once

#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace qbench {

// The cases of a run that differ in batch size and threads hold the same predictions: in memory
// they hold them once. Read like a vector; `edit` makes what it returns this list's own.
template <class T>
class SharedList {
 public:
  using value_type = T;
  using const_iterator = const T*;

  SharedList() = default;
  SharedList(std::vector<T> items) : SharedList(std::move(items), {}) {}
  SharedList(std::initializer_list<T> items) : SharedList(std::vector<T>(items)) {}
  // `hash`: content_hash (blob.h) of the items, where it is known.
  SharedList(std::vector<T> items, std::string hash) {
    if (!items.empty()) block_ = std::make_shared<Block>(Block{std::move(items), std::move(hash)});
  }

  bool empty() const { return items().empty(); }
  std::size_t size() const { return items().size(); }
  const T* data() const { return items().data(); }
  const T* begin() const { return data(); }
  const T* end() const { return data() + size(); }
  const T& operator[](std::size_t index) const { return items()[index]; }
  const T& front() const { return items().front(); }
  const T& back() const { return items().back(); }
  const std::vector<T>& items() const {
    static const std::vector<T> none;
    return block_ == nullptr ? none : block_->items;
  }
  // Empty where it is not known.
  const std::string& known_hash() const {
    static const std::string none;
    return block_ == nullptr ? none : block_->hash;
  }
  bool shares_with(const SharedList& other) const { return block_ == other.block_; }

  // The items of this list alone, to be changed before it is copied again.
  std::vector<T>& edit() {
    if (block_ == nullptr || block_.use_count() > 1)
      block_ = std::make_shared<Block>(Block{items(), {}});
    block_->hash.clear();
    return block_->items;
  }
  void push_back(T item) { edit().push_back(std::move(item)); }
  void resize(std::size_t size) { edit().resize(size); }
  void clear() { block_.reset(); }

  bool operator==(const SharedList& other) const {
    if (shares_with(other)) return true;
    if (!known_hash().empty() && !other.known_hash().empty())
      return known_hash() == other.known_hash();
    return items() == other.items();
  }

 private:
  struct Block {
    std::vector<T> items;
    std::string hash;
  };

  std::shared_ptr<Block> block_;  // may be nothing: an empty list
};

}  // namespace qbench
