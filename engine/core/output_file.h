// The one way of writing files: a regular file appears complete or not at all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <ostream>
#include <span>
#include <string>
#include <string_view>

namespace qbench {

// Links are followed. Where they end at a regular file, or at none yet, the text is written beside
// it and renamed by commit(); an earlier file keeps its mode. Pipes, terminals and devices are
// written as they are, and so is what standard output or error goes to ("/dev/stdout"). "-" is
// standard output. All functions throw Error (environment) with the path and the system's reason.
class OutputFile {
 public:
  // Waits a few seconds for the reader of a pipe, and gives up.
  explicit OutputFile(std::string path);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();  // without commit() nothing is left, and an earlier file is as it was

  // Write errors are kept and thrown by finish().
  std::ostream& stream();
  void write(std::span<const std::byte> bytes);
  void write(std::string_view text);
  std::uint64_t position() const;  // bytes written so far

  // Flushes and closes; after this only the name is missing.
  void finish();
  // Puts the file in its place, after finish() when that was not called.
  void commit();

 private:
  class Descriptor;

  [[noreturn]] void fail(std::string_view what, int error) const;

  std::string path_;       // as the user wrote it
  std::string target_;     // behind all links; empty when written in place
  std::string temporary_;  // beside the target
  std::unique_ptr<Descriptor> descriptor_;
  std::ostream stream_{nullptr};
  bool finished_ = false;
  bool committed_ = false;
};

// A whole file at once.
void write_output(const std::string& path, std::string_view text);

// Throws what opening an OutputFile would, as far as that can be told without touching anything:
// better before hours of work than after them.
void check_output(const std::string& path);

}  // namespace qbench
