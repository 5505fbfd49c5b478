#include "engine/core/output_file.h"

#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "engine/core/error.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string error_of(const auto& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.what();
  }
  return "(no error)";
}

class OutputFileTest : public ::testing::Test {
 protected:
  OutputFileTest() { fs::create_directories(folder_); }
  ~OutputFileTest() override { fs::remove_all(folder_); }

  std::string file(const std::string& name) const { return (folder_ / name).string(); }
  std::ptrdiff_t files() const { return std::distance(fs::directory_iterator(folder_), {}); }

  fs::path folder_ =
      fs::path(::testing::TempDir()) / ("qbench_output_" + std::to_string(::getpid()));
};

TEST_F(OutputFileTest, AppearsCompleteOrNotAtAll) {
  {
    OutputFile out(file("a"));
    out.write("abc");
    EXPECT_EQ(out.position(), 3U);
    EXPECT_FALSE(fs::exists(file("a")));
  }
  EXPECT_EQ(files(), 0);
  OutputFile out(file("a"));
  const std::string large(200'000, 'x');
  out.write(large);
  out.stream() << "end";
  EXPECT_EQ(out.position(), 200'003U);
  out.finish();
  EXPECT_FALSE(fs::exists(file("a")));
  out.commit();
  EXPECT_EQ(text_of(file("a")), large + "end");
  EXPECT_EQ(files(), 1);
}

TEST_F(OutputFileTest, KeepsTheModeOfTheFileItReplaces) {
  write_output(file("a"), "old");
  ::chmod(file("a").c_str(), 0640);
  write_output(file("a"), "new");
  EXPECT_EQ(text_of(file("a")), "new");
  struct stat status {};
  ASSERT_EQ(::stat(file("a").c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 07777U, 0640U);
}

TEST_F(OutputFileTest, WritesThroughLinks) {
  fs::create_directory(folder_ / "below");
  write_output(file("below/real"), "old");
  fs::create_symlink("below/real", file("link"));
  fs::create_symlink(file("link"), file("second"));
  fs::create_symlink("below/none", file("dangling"));
  write_output(file("second"), "new");
  write_output(file("dangling"), "made");
  EXPECT_EQ(text_of(file("below/real")), "new");
  EXPECT_EQ(text_of(file("below/none")), "made");
  for (const char* name : {"link", "second", "dangling"})
    EXPECT_TRUE(fs::is_symlink(file(name))) << name;
  fs::create_symlink("circle", file("circle"));
  EXPECT_THAT(error_of([&] { write_output(file("circle"), ""); }), HasSubstr("symbolic links"));
}

TEST_F(OutputFileTest, WritesIntoPipes) {
  ASSERT_EQ(::mkfifo(file("pipe").c_str(), 0600), 0);
  fs::create_symlink("pipe", file("link"));
  const std::string sent(300'000, 'p');
  std::string received;
  std::thread reader([&] { received = text_of(file("pipe")); });
  write_output(file("link"), sent);
  reader.join();
  EXPECT_EQ(received, sent);
  EXPECT_TRUE(fs::is_fifo(file("pipe")));
  EXPECT_TRUE(fs::is_symlink(file("link")));
  EXPECT_EQ(files(), 2);
}

TEST_F(OutputFileTest, APipeThatNobodyReadsIsAnError) {
  ASSERT_EQ(::mkfifo(file("pipe").c_str(), 0600), 0);
  EXPECT_THAT(error_of([&] { write_output(file("pipe"), ""); }),
              HasSubstr("nobody reads this pipe"));
}

// What this process prints goes to `path` while this lives.
class StandardOutput {
 public:
  explicit StandardOutput(const std::string& path) : before_(::dup(STDOUT_FILENO)) {
    std::fflush(stdout);
    std::FILE* file = std::fopen(path.c_str(), "w");
    ::dup2(::fileno(file), STDOUT_FILENO);
    std::fclose(file);
  }
  StandardOutput(const StandardOutput&) = delete;
  StandardOutput& operator=(const StandardOutput&) = delete;
  ~StandardOutput() {
    std::fflush(stdout);
    ::dup2(before_, STDOUT_FILENO);
    ::close(before_);
  }

 private:
  int before_;
};

TEST_F(OutputFileTest, StandardOutputIsWrittenWhereItStands) {
  {
    const StandardOutput redirected(file("out"));
    std::fputs("one ", stdout);
    write_output("-", "two ");
    std::fputs("three ", stdout);
    write_output("/dev/stdout", "four ");
    write_output(file("out"), "five");
  }
  EXPECT_EQ(text_of(file("out")), "one two three four five");
  EXPECT_EQ(files(), 1);
}

TEST_F(OutputFileTest, AFullDiskLeavesTheEarlierFile) {
  write_output(file("a"), "old");
  rlimit before{};
  getrlimit(RLIMIT_FSIZE, &before);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{1000, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const std::string error = error_of([&] { write_output(file("a"), std::string(100'000, 'x')); });
  setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_THAT(error, HasSubstr(file("a") + ": could not be written completely: File too large"));
  EXPECT_EQ(text_of(file("a")), "old");
  EXPECT_EQ(files(), 1);
  fs::create_symlink("/dev/full", file("full"));
  EXPECT_THAT(error_of([&] { write_output(file("full"), "x"); }), HasSubstr("No space left"));
  EXPECT_TRUE(fs::is_symlink(file("full")));
}

TEST_F(OutputFileTest, WhatCannotBeWrittenIsSaidBefore) {
  for (const auto& write :
       {check_output, +[](const std::string& path) { write_output(path, ""); }}) {
    EXPECT_THAT(error_of([&] { write(folder_.string()); }), HasSubstr("is a folder"));
    EXPECT_THAT(error_of([&] { write(file("none/a")); }), HasSubstr("none"));
    EXPECT_THAT(error_of([&] { write(""); }), HasSubstr("no name of a file"));
  }
  EXPECT_EQ(error_of([&] { check_output(file("a")); }), "(no error)");
  EXPECT_EQ(error_of([&] { check_output("-"); }), "(no error)");
  EXPECT_EQ(files(), 0);
}

}  // namespace
}  // namespace qbench
