#include "harness/run/launch.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

#include "engine/core/error.h"
#include "harness/run/child.h"

namespace qbench {
namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

constexpr int kTickMs = 50;     // between looks at the clock and the memory
constexpr int kLastTickMs = 2;  // once the child has closed its output it is about to end
constexpr std::size_t kMaxLineBytes = std::size_t{256} << 20;
constexpr std::size_t kTailBytes = 4096;  // of standard error
constexpr std::size_t kTailLines = 3;

// The last lines that say something, in one.
std::string last_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::size_t end = text.size();
  while (end > 0 && lines.size() < kTailLines) {
    const std::size_t begin = text.rfind('\n', end - 1);
    const std::size_t first = begin == std::string::npos ? 0 : begin + 1;
    if (end > first) lines.push_back(text.substr(first, end - first));
    end = begin == std::string::npos ? 0 : begin;
  }
  std::ranges::reverse(lines);
  return fmt::format("{}", fmt::join(lines, "; "));
}

// One child from start to end.
class Watch {
 public:
  explicit Watch(const LaunchOptions& options)
      : options_(options), start_(std::chrono::steady_clock::now()), child_(options.command) {}

  LaunchResult run() {
    if (options_.input.empty()) child_.input.close();
    std::optional<int> ended;
    while (!ended) {
      wait_for_something();
      write_input();
      read_streams();
      check_limits();
      ended = child_.try_wait();
    }
    read_streams();  // what it wrote last
    if (!stopped_) judge(*ended);
    return std::move(result_);
  }

 private:
  void wait_for_something() {
    pollfd fds[] = {{child_.input.get(), POLLOUT, 0},
                    {child_.output.get(), POLLIN, 0},
                    {child_.error.get(), POLLIN, 0},
                    {options_.interrupt != nullptr ? options_.interrupt->fd() : -1, POLLIN, 0}};
    if (stopped_) fds[3].fd = -1;
    const bool silent = !child_.output.is_open() && !child_.error.is_open();
    poll(fds, std::size(fds), silent || stopped_ ? kLastTickMs : kTickMs);
  }

  void write_input() {
    while (child_.input.is_open()) {
      const std::string_view rest = std::string_view(options_.input).substr(written_);
      const ssize_t n = send(child_.input.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (n > 0) written_ += static_cast<std::size_t>(n);
      // A child that does not read is no error here: its exit status tells.
      if (n < 0 || written_ == options_.input.size()) child_.input.close();
    }
  }

  void read_streams() {
    read_from(child_.output, [this](std::string_view text) { take_output(text); });
    read_from(child_.error, [this](std::string_view text) {
      tail_ += text;
      if (tail_.size() > kTailBytes) tail_.erase(0, tail_.size() - kTailBytes);
    });
  }

  template <class Take>
  void read_from(FileDescriptor& fd, const Take& take) {
    char buffer[1 << 16];
    while (fd.is_open()) {
      const ssize_t n = read(fd.get(), buffer, sizeof buffer);
      if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (n <= 0) return fd.close();
      take(std::string_view(buffer, static_cast<std::size_t>(n)));
    }
  }

  void take_output(std::string_view text) {
    if (stopped_) return;
    try {
      for (std::size_t end = text.find('\n'); end != std::string_view::npos;
           end = text.find('\n')) {
        line_ += text.substr(0, end);
        options_.on_line(line_);
        line_.clear();
        text.remove_prefix(end + 1);
      }
      line_ += text;
      if (line_.size() > kMaxLineBytes) throw Error("wrote a line of more than 256 MiB");
    } catch (const Error& error) {
      stop(Status::failed, error.what());
    }
  }

  void check_limits() {
    if (stopped_) return;
    if (options_.interrupt != nullptr && options_.interrupt->raised()) {
      result_.interrupted = true;
      return stop(Status::failed, "interrupted");
    }
    const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start_;
    if (options_.timeout_seconds > 0 && elapsed.count() >= options_.timeout_seconds) {
      return stop(Status::timed_out,
                  fmt::format("not finished after {:g} s", options_.timeout_seconds));
    }
    if (options_.memory_limit_bytes == 0) return;
    const std::size_t resident = child_.resident_bytes();
    if (resident > options_.memory_limit_bytes) {
      stop(Status::failed, fmt::format("took {} MB of memory, more than the limit of {} MB",
                                       resident >> 20, options_.memory_limit_bytes >> 20));
    }
  }

  void stop(Status status, std::string reason) {
    stopped_ = true;
    result_.status = status;
    result_.reason = std::move(reason);
    child_.kill();
  }

  void judge(int wait_status) {
    if (WIFEXITED(wait_status) && WEXITSTATUS(wait_status) == 0) return;
    if (WIFEXITED(wait_status)) {
      result_.status = Status::failed;
      result_.reason = fmt::format("exit status {}", WEXITSTATUS(wait_status));
    } else {
      const int signal = WTERMSIG(wait_status);
      result_.status = Status::crashed;
      result_.reason = fmt::format("ended by signal {} ({}){}", signal, strsignal(signal),
                                   signal == SIGKILL ? ", perhaps for lack of memory" : "");
    }
    const std::string said = last_lines(tail_);
    if (!said.empty()) result_.reason += ": " + said;
  }

  const LaunchOptions& options_;
  const SteadyTime start_;
  Child child_;
  std::size_t written_ = 0;
  std::string line_;  // of standard output, not complete yet
  std::string tail_;  // of standard error
  bool stopped_ = false;
  LaunchResult result_;
};

}  // namespace

LaunchResult launch(const LaunchOptions& options) { return Watch(options).run(); }

}  // namespace qbench
