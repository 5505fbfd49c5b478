#include "harness/run/child.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>

#include "engine/core/error.h"

namespace qbench {
namespace {

[[noreturn]] void fail(const std::string& what, int code) {
  throw Error(fmt::format("{}: {}", what, std::strerror(code)), ErrorKind::environment);
}

struct Pipe {
  FileDescriptor read;
  FileDescriptor write;
};

Pipe make_pipe() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) fail("no pipe to a child process", errno);
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

// A socket, because writing to one whose reader is gone need not raise SIGPIPE.
Pipe make_socket() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    fail("no socket to a child process", errno);
  }
  return {FileDescriptor(ends[0]), FileDescriptor(ends[1])};
}

void make_nonblocking(const FileDescriptor& fd) {
  fcntl(fd.get(), F_SETFL, fcntl(fd.get(), F_GETFL) | O_NONBLOCK);
}

// In the child, between fork and exec: only calls that are safe there.
[[noreturn]] void become(char* const* argv, pid_t parent, const int (&streams)[3], int report) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);  // it died before it was watched
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (int fd = 0; fd < 3; ++fd) dup2(streams[fd], fd);
  execv(argv[0], argv);
  const int code = errno;
  // Nothing can be done when even this cannot be written: the parent then sees exit status 127.
  [[maybe_unused]] const ssize_t written = write(report, &code, sizeof code);
  _exit(127);
}

}  // namespace

Child::Child(const std::vector<std::string>& command) {
  std::vector<char*> argv;
  for (const std::string& argument : command) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  Pipe in = make_socket();
  Pipe out = make_pipe();
  Pipe err = make_pipe();
  Pipe report = make_pipe();  // closes at exec, or tells why there was none
  const int streams[3] = {in.read.get(), out.write.get(), err.write.get()};
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) fail("cannot start a child process", errno);
  if (pid_ == 0) become(argv.data(), parent, streams, report.write.get());
  setpgid(pid_, pid_);  // here as well: whoever comes first

  report.write.close();
  int code = 0;
  if (read(report.read.get(), &code, sizeof code) == sizeof code) {
    waitpid(std::exchange(pid_, -1), nullptr, 0);
    fail("cannot run " + command.front(), code);
  }
  input = std::move(in.write);
  output = std::move(out.read);
  error = std::move(err.read);
  for (const FileDescriptor* fd : {&input, &output, &error}) make_nonblocking(*fd);
}

Child::~Child() {
  if (pid_ < 0) return;
  kill();
  waitpid(pid_, nullptr, 0);
}

void Child::kill() {
  if (pid_ > 0) ::kill(-pid_, SIGKILL);
}

std::optional<int> Child::try_wait() {
  siginfo_t info{};
  const int looked = waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
  if (looked != 0 || info.si_pid == 0) return std::nullopt;
  kill();  // while the child is not reaped yet, the group's number cannot mean another one
  int status = 0;
  waitpid(std::exchange(pid_, -1), &status, 0);
  return status;
}

std::size_t Child::resident_bytes() const {
  std::ifstream file(fmt::format("/proc/{}/status", pid_));
  constexpr std::string_view kLabel = "RssAnon:";
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(kLabel)) return std::stoull(line.substr(kLabel.size())) * 1024;
  }
  return 0;
}

}  // namespace qbench
