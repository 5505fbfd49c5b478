#include "harness/measure/turn.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace qbench {
namespace {

class Turn : public testing::Test {
 protected:
  ~Turn() override { std::filesystem::remove(file_); }

  // As another program sees it.
  bool is_free() const {
    const int fd = open(file_.c_str(), O_RDONLY);
    const bool locked = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0;
    close(fd);
    return locked;
  }

  const std::string file_ = testing::TempDir() + "qbench_turn_" + std::to_string(getpid());
  const std::function<void()> never_ = [] { ADD_FAILURE() << "waited"; };
};

TEST_F(Turn, IsHeldUntilTheLastHolderEnds) {
  auto first = std::make_unique<MeasuringTurn>(file_, never_);
  auto second = std::make_unique<MeasuringTurn>(file_, never_);
  EXPECT_FALSE(is_free());
  first.reset();
  EXPECT_FALSE(is_free());
  second.reset();
  EXPECT_TRUE(is_free());
}

TEST_F(Turn, AnotherProgramIsWaitedFor) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t child = fork();
  if (child == 0) {
    const int fd = open(file_.c_str(), O_RDONLY | O_CREAT, 0644);
    flock(fd, LOCK_EX);
    (void)!write(ready[1], "x", 1);
    usleep(100'000);
    _exit(0);  // which ends its turn
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  int told = 0;
  const MeasuringTurn turn(file_, [&told] { ++told; });
  EXPECT_TRUE(turn.taken());
  EXPECT_EQ(told, 1);
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
}

TEST_F(Turn, CanBeGivenUp) {
  const int fd = open(file_.c_str(), O_RDONLY | O_CREAT, 0644);
  ASSERT_EQ(flock(fd, LOCK_EX), 0);
  int asked = 0;
  {
    const MeasuringTurn turn(
        file_, [] {}, [&asked] { return ++asked == 3; });
    EXPECT_FALSE(turn.taken());
  }
  EXPECT_EQ(asked, 3);
  close(fd);
  EXPECT_TRUE(MeasuringTurn(file_, never_).taken());
}

TEST_F(Turn, WithoutAFileThereIsNoneToWaitFor) {
  EXPECT_TRUE(MeasuringTurn("/nowhere/at/all", never_).taken());
  EXPECT_TRUE(MeasuringTurn("", never_).taken());
}

}  // namespace
}  // namespace qbench
