// A file that appears complete or not at all: written under a temporary name, then renamed.
#pragma once

#include <fstream>
#include <string>

namespace qbench {

class OutputFile {
 public:
  // Throws Error (environment) when the temporary file cannot be opened.
  explicit OutputFile(std::string path);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();  // removes the temporary file unless it was renamed

  std::ostream& stream() { return stream_; }
  // Flushes. Throws Error (environment), with the system's reason, when anything was not written.
  void finish();
  // After finish(): puts the file in its place.
  void rename();

 private:
  std::string path_;
  std::string temporary_;
  std::ofstream stream_;
  bool renamed_ = false;
};

}  // namespace qbench
