// Everything that keeps a file from being imported, for one message.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "engine/core/error.h"

namespace qbench::onnx {

class Blockers {
 public:
  // `place` is "node 3 'conv1'" with its operator, or "input 'x'" with none.
  void add(const std::string& op, const std::string& place, const Error& error);
  // A node was left out because it reads what a blocked one would deliver.
  void count_left_out(const std::string& op) { ++left_out_[op]; }
  bool empty() const { return groups_.empty(); }
  // Throws the one Error there is, or one with a line for each kind of them, at most ten in all:
  // those of one operator whose reasons differ in numbers only are of one kind.
  [[noreturn]] void raise() const;

 private:
  struct Group {
    std::string op;
    std::string first;  // place
    std::string reason;
    std::string key;
    std::size_t count = 1;
  };
  std::string line(const Group& group) const;
  std::string unchecked() const;

  std::vector<Group> groups_;
  std::map<std::string, std::size_t> left_out_;  // by operator
  ErrorKind severest_ = ErrorKind::unsupported;
};

}  // namespace qbench::onnx
