#include "engine/core/output_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <optional>
#include <streambuf>
#include <system_error>
#include <thread>
#include <utility>

#include "engine/core/error.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxLinks = 40;  // as the system's own limit
constexpr std::chrono::seconds kReaderPatience{5};
constexpr std::chrono::milliseconds kReaderPoll{20};

[[noreturn]] void fail_at(std::string_view path, std::string_view what, std::string_view reason) {
  throw Error(fmt::format("{}: {}: {}", path, what, reason), ErrorKind::environment);
}

std::optional<struct stat> status_of(const std::string& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return status;
}

// Standard output or error when `status` is what that goes to, -1 otherwise.
int standard_stream(const struct stat& status) {
  for (const int file : {STDOUT_FILENO, STDERR_FILENO}) {
    struct stat open {};
    if (::fstat(file, &open) == 0 && open.st_dev == status.st_dev && open.st_ino == status.st_ino)
      return file;
  }
  return -1;
}

// What a path leads to.
struct Place {
  int standard = -1;     // descriptor of standard output or error
  bool stream = false;   // a pipe, a terminal or a device
  std::string target{};  // of a regular file, or of none yet: behind all links
  std::optional<mode_t> mode{};
};

std::string behind_links(const std::string& path) {
  fs::path target(path);
  std::error_code failure;
  for (int links = 0; fs::is_symlink(fs::symlink_status(target, failure)); ++links) {
    const fs::path next = fs::read_symlink(target, failure);
    if (failure || links == kMaxLinks) fail_at(path, "cannot be written", std::strerror(ELOOP));
    target = target.parent_path() / next;  // an absolute one stands alone
  }
  return target.string();
}

Place place_of(const std::string& path) {
  if (path == "-") return {.standard = STDOUT_FILENO};
  if (path.empty()) fail_at("''", "cannot be written", "it is no name of a file");
  const std::optional<struct stat> status = status_of(path);
  if (!status) return {.target = behind_links(path)};
  if (S_ISDIR(status->st_mode)) throw Error(path + ": is a folder, expected a file");
  if (S_ISBLK(status->st_mode)) fail_at(path, "cannot be written", "it is a block device");
  const int standard = standard_stream(*status);
  if (standard >= 0) return {.standard = standard};
  if (!S_ISREG(status->st_mode)) return {.stream = true};
  return {.target = behind_links(path), .mode = status->st_mode & 07777U};
}

// A pipe that nobody reads cannot be opened at once.
int open_stream(const std::string& path) {
  const auto end = std::chrono::steady_clock::now() + kReaderPatience;
  int file = -1;
  while ((file = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)) < 0 &&
         errno == ENXIO && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(kReaderPoll);
  }
  if (file < 0 && errno == ENXIO) fail_at(path, "cannot be written", "nobody reads this pipe");
  if (file >= 0) ::fcntl(file, F_SETFL, ::fcntl(file, F_GETFL) & ~O_NONBLOCK);
  return file;
}

// Opens a new file beside `target`, whose name goes to `name`.
int open_beside(const std::string& target, std::string& name) {
  static std::atomic<int> number = 0;
  int file = -1;
  do {
    name = fmt::format("{}.{}-{}.tmp", target, ::getpid(), number++);
    file = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (file < 0 && errno == EEXIST);
  return file;
}

}  // namespace

// An open file as the buffer of a stream.
class OutputFile::Descriptor : public std::streambuf {
 public:
  explicit Descriptor(int file) : file_(file) { setp(buffer_.data(), &buffer_.back()); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() override { close(); }

  std::uint64_t position() const { return flushed_ + static_cast<std::uint64_t>(pptr() - pbase()); }
  int error() const { return error_; }  // of the first write that failed, or 0

  // Nothing is flushed.
  void close() {
    if (file_ >= 0 && ::close(std::exchange(file_, -1)) != 0 && error_ == 0) error_ = errno;
  }

 protected:
  int_type overflow(int_type next) override {
    if (sync() != 0) return traits_type::eof();
    if (!traits_type::eq_int_type(next, traits_type::eof())) sputc(traits_type::to_char_type(next));
    return traits_type::not_eof(next);
  }

  int sync() override {
    for (const char* at = pbase(); at < pptr() && error_ == 0;) {
      const ssize_t put = ::write(file_, at, static_cast<std::size_t>(pptr() - at));
      if (put >= 0) {
        at += put;
      } else if (errno != EINTR) {
        error_ = errno;
      }
    }
    flushed_ = position();
    setp(buffer_.data(), &buffer_.back());
    return error_ == 0 ? 0 : -1;
  }

 private:
  std::array<char, 1 << 16> buffer_{};
  int file_;
  int error_ = 0;
  std::uint64_t flushed_ = 0;
};

OutputFile::OutputFile(std::string path) : path_(std::move(path)) {
  const Place place = place_of(path_);
  int file = -1;
  if (place.standard >= 0) {
    std::fflush(place.standard == STDOUT_FILENO ? stdout : stderr);  // what was printed goes first
    file = ::fcntl(place.standard, F_DUPFD_CLOEXEC, 0);
  } else if (place.stream) {
    file = open_stream(path_);
  } else {
    target_ = place.target;
    file = open_beside(target_, temporary_);
    if (file >= 0 && place.mode) ::fchmod(file, *place.mode);
  }
  if (file < 0) fail("cannot be written", errno);
  descriptor_ = std::make_unique<Descriptor>(file);
  stream_.rdbuf(descriptor_.get());
}

OutputFile::~OutputFile() {
  if (committed_ || target_.empty()) return;
  descriptor_->close();
  ::unlink(temporary_.c_str());
}

void OutputFile::fail(std::string_view what, int error) const {
  fail_at(path_, what, std::strerror(error));
}

std::ostream& OutputFile::stream() { return stream_; }

void OutputFile::write(std::span<const std::byte> bytes) {
  stream_.write(reinterpret_cast<const char*>(bytes.data()),
                static_cast<std::streamsize>(bytes.size()));
}

void OutputFile::write(std::string_view text) { write(std::as_bytes(std::span(text))); }

std::uint64_t OutputFile::position() const { return descriptor_->position(); }

void OutputFile::finish() {
  stream_.flush();
  if (descriptor_->error() == 0) descriptor_->close();
  if (descriptor_->error() != 0) fail("could not be written completely", descriptor_->error());
  finished_ = true;
}

void OutputFile::commit() {
  if (!finished_) finish();
  if (!target_.empty() && std::rename(temporary_.c_str(), target_.c_str()) != 0) {
    fail("cannot be put in place", errno);
  }
  committed_ = true;
}

void write_output(const std::string& path, std::string_view text) {
  OutputFile file(path);
  file.write(text);
  file.commit();
}

void check_output(const std::string& path) {
  const Place place = place_of(path);
  if (place.standard >= 0) return;
  const fs::path folder = fs::path(place.target).parent_path();
  const std::string written = place.stream ? path : folder.empty() ? "." : folder.string();
  if (!place.stream && !fs::is_directory(written)) {
    throw Error(path + ": there is no folder " + written);
  }
  if (::access(written.c_str(), W_OK) != 0) {
    fail_at(path, "cannot be written", std::strerror(errno));
  }
}

}  // namespace qbench
