#include "harness/run/environment.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "engine/core/isa.h"
#include "harness/run/version.h"

namespace qbench {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class FakeMachine : public testing::Test {
 protected:
  ~FakeMachine() override { fs::remove_all(root_); }

  void write(const std::string& path, const std::string& text) const {
    fs::create_directories((root_ / path).parent_path());
    std::ofstream(root_ / path) << text;
  }

  const fs::path root_ =
      fs::path(testing::TempDir()) / ("qbench_environment_" + std::to_string(getpid()));
};

TEST_F(FakeMachine, ReadsWhatTheSystemSays) {
  std::string cpus;
  for (const char* core : {"0", "1", "0", "1"}) {
    cpus += "processor\t: 0\nmodel name\t: Test CPU @ 3GHz\nphysical id\t: 0\ncore id\t\t: " +
            std::string(core) + "\nflags\t\t: fpu avx2 avx512_vnni avx5124vnniw\n\n";
  }
  write("proc/cpuinfo", cpus);
  write("proc/meminfo", "MemFree: 1 kB\nMemTotal:       16777216 kB\n");
  write("proc/loadavg", "0.25 0.10 0.05 1/100 1234\n");
  write("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", "powersave\n");
  write("sys/devices/system/cpu/intel_pstate/no_turbo", "1\n");
  write("etc/os-release", "NAME=Test\nPRETTY_NAME=\"Test OS 1\"\n");
  const Environment environment = collect_environment(root_.string());
  EXPECT_EQ(environment.find("cpu"), "Test CPU @ 3GHz");
  EXPECT_EQ(environment.find("isa"), "avx2 avx512_vnni");
  EXPECT_THAT(std::string(environment.find("cores")),
              HasSubstr("4 logical, 2 physical, 1 sockets"));
  EXPECT_EQ(environment.find("memory"), "16.0 GiB");
  EXPECT_EQ(environment.find("load"), "0.25");
  EXPECT_EQ(environment.find("governor"), "powersave");
  EXPECT_EQ(environment.find("turbo"), "off");
  EXPECT_EQ(environment.find("os"), "Test OS 1");
  EXPECT_EQ(environment.find("qbench"), version());
}

TEST_F(FakeMachine, LeavesOutWhatCannotBeFound) {
  const Environment environment = collect_environment(root_.string());
  EXPECT_THAT(environment.find("cpu"), IsEmpty());
  EXPECT_THAT(environment.find("governor"), IsEmpty());
  EXPECT_FALSE(environment.find("compiler").empty());
}

TEST(Environment, ThisMachineHasAName) {
  const Environment environment = collect_environment();
  EXPECT_FALSE(environment.find("cpu").empty());
  EXPECT_FALSE(environment.find("backend reference").empty());
  EXPECT_GE(usable_cores(), 1);
}

TEST(MeasuringWarnings, NameEachThingThatSpoilsLatencies) {
  Environment good;
  good.add("build", "Release");
  good.add("governor", "performance");
  good.add("load", "0.05");
  EXPECT_THAT(measuring_warnings(good), IsEmpty());
  Environment bad;
  bad.add("build", "Debug");
  bad.add("governor", "powersave");
  bad.add("load", "3.1");
  EXPECT_THAT(
      measuring_warnings(bad),
      ElementsAre(HasSubstr("Debug build"), HasSubstr("'powersave'"), HasSubstr("load 3.1")));
}

TEST(MachineOf, ChangesWithProcessorAndCores) {
  Environment a;
  a.add("cpu", "X");
  a.add("cores", "2 usable");
  Environment b = a;
  b.add("load", "9");
  EXPECT_EQ(machine_of(a), machine_of(b));
  Environment c;
  c.add("cpu", "X");
  c.add("cores", "1 usable");
  EXPECT_NE(machine_of(a), machine_of(c));
}

TEST(Version, HoldsTheRevision) {
  EXPECT_FALSE(version().empty());
  EXPECT_THAT(version_text(), HasSubstr(std::string(revision())));
}

TEST(ProgramOf, ChangesWithTheBuildAndItsLibraries) {
  const Environment here = collect_environment();
  EXPECT_EQ(here.find("build id"), build_id());
  EXPECT_EQ(here.find("libraries"), libraries_id());
  for (const char* name : {"build id", "libraries", "isa used", "load"}) {
    Environment other = here;
    for (auto& [key, value] : other.values)
      if (key == name) value = "another";
    EXPECT_EQ(program_of(other) == program_of(here), std::string_view(name) == "load") << name;
  }
}

// What binutils find in a file.
std::string build_id_by_readelf(const std::string& file) {
  std::FILE* const pipe = popen(("readelf -n " + file + " 2>/dev/null").c_str(), "r");
  std::string text;
  for (int c = fgetc(pipe); c != EOF; c = fgetc(pipe)) text += static_cast<char>(c);
  pclose(pipe);
  const std::string label = "Build ID: ";
  const std::size_t at = text.find(label);
  if (at == std::string::npos) return {};
  return text.substr(at + label.size(), text.find('\n', at) - at - label.size());
}

TEST(Version, BuildIdIsThatOfTheExecutable) {
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  const std::string expected = build_id_by_readelf(self);
  if (expected.empty()) GTEST_SKIP() << "no readelf, or a linker that makes no build ids";
  EXPECT_EQ(build_id(), expected);
}

TEST(Version, ProgramIsBuildLibrariesAndInstructionSet) {
  EXPECT_GE(build_id().size(), 16U);
  EXPECT_EQ(libraries_id().size(), 16U);
  for (const std::string& part :
       {version_text(), build_id(), libraries_id(), std::string(to_string(isa()))})
    EXPECT_THAT(program_text(), HasSubstr(part));
}

}  // namespace
}  // namespace qbench
