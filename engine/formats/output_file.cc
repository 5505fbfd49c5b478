#include "engine/formats/output_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "engine/core/error.h"

namespace qbench {
namespace {

[[noreturn]] void fail(const std::string& path, std::string_view what) {
  throw Error(fmt::format("{}: {}: {}", path, what, std::strerror(errno)), ErrorKind::environment);
}

}  // namespace

OutputFile::OutputFile(std::string path)
    : path_(std::move(path)), temporary_(fmt::format("{}.{}.tmp", path_, getpid())) {
  errno = 0;
  stream_.open(temporary_, std::ios::binary | std::ios::trunc);
  if (!stream_) fail(path_, "cannot be written");
}

OutputFile::~OutputFile() {
  if (renamed_) return;
  stream_.close();
  std::remove(temporary_.c_str());
}

void OutputFile::finish() {
  stream_.close();
  if (!stream_) fail(path_, "could not be written completely");
}

void OutputFile::rename() {
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) fail(path_, "cannot be put in place");
  renamed_ = true;
}

}  // namespace qbench
