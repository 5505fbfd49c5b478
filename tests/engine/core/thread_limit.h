// A process that is refused threads, to see what becomes of those who ask for some.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>

namespace qbench {

// Whether a limit other than 0 can be set: it counts the tasks of a user, so that it takes one that
// nobody else is.
inline bool can_count_threads() { return getuid() == 0; }

// From here on this process can start `more` threads. Root, whom no limit holds, becomes somebody
// else.
inline void limit_threads(int more) {
  const auto user = static_cast<uid_t>(100000 + getpid());
  if (getuid() == 0 && setuid(user) != 0) std::_Exit(10);
  const rlim_t most = more == 0 ? 0 : static_cast<rlim_t>(1 + more);
  const rlimit limit{most, most};
  if (setrlimit(RLIMIT_NPROC, &limit) != 0) std::_Exit(11);
}

// For the statement of an EXPECT_EXIT: ends the process with 0 when `right()` says so, with 1 when
// not, and with 2 and the message on stderr when it throws.
template <class Right>
void run_with_threads(int more, const Right& right) {
  limit_threads(more);
  try {
    std::_Exit(right() ? 0 : 1);  // no destructors: leak checkers would ask for a thread
  } catch (const std::exception& error) {
    std::fputs(error.what(), stderr);
    std::_Exit(2);
  }
}

// Tests that fork while threads of earlier tests run, OpenMP's among them, start anew instead.
class ThreadLimit : public ::testing::Test {
 protected:
  void SetUp() override { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

}  // namespace qbench
