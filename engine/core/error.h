// The one exception type of qbench: what was found, what was expected, and where.
#pragma once

#include <stdexcept>
#include <string>

namespace qbench {

enum class ErrorKind {
  bad_input,    // a file, option or graph is wrong: the user can mend it (exit code 2)
  unsupported,  // well-formed, but no code here for it
  environment,  // disk full, no memory, a child that cannot be started
};

class Error : public std::runtime_error {
 public:
  // `what_happened` says what was found and what was expected, e.g.
  // "array 3 'arg:conv0_weight' ends at byte 812, expected 9408 bytes of data".
  explicit Error(const std::string& what_happened, ErrorKind kind = ErrorKind::bad_input)
      : std::runtime_error(what_happened), kind_(kind) {}

  ErrorKind kind() const { return kind_; }

  // The same error seen from one level further out: "where: message". `where` is a file, a byte
  // offset, a line and column, a node.
  Error at(const std::string& where) const { return Error(where + ": " + what(), kind_); }

 private:
  ErrorKind kind_;
};

}  // namespace qbench
