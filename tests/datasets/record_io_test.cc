// RecordIO: bytes as the format's authors write them, round trips, and files that are damaged.
#include "datasets/record_io.h"

#include <gmock/gmock.h>

#include <cstring>
#include <numeric>
#include <thread>

#include "datasets/file.h"
#include "datasets/random.h"
#include "tests/datasets/test_util.h"

namespace qbench {
namespace {

using ::testing::HasSubstr;

const std::string kMagic = "\x0A\x23\xD7\xCE";

// A word with a part flag and a length, as in the file.
std::string word(unsigned flag, std::uint32_t length) {
  const std::uint32_t value = (flag << 29) | length;
  std::string text(4, '\0');
  std::memcpy(text.data(), &value, 4);
  return text;
}

std::string read_as_text(const RecordReader& reader, std::int64_t index) {
  const std::vector<std::byte> payload = reader.read(index);
  return {reinterpret_cast<const char*>(payload.data()), payload.size()};
}

struct Layout {
  const char* what;
  std::string payload;
  std::string file;
};

std::vector<Layout> layouts() {
  const std::string zeros(4, '\0');
  return {
      {"empty", "", kMagic + word(0, 0)},
      {"no padding", "abcd", kMagic + word(0, 4) + "abcd"},
      {"padding", "abcde", kMagic + word(0, 5) + "abcde" + zeros.substr(0, 3)},
      {"magic at an odd place", "a" + kMagic + "bcd", kMagic + word(0, 8) + "a" + kMagic + "bcd"},
      {"magic alone", kMagic, kMagic + word(1, 0) + kMagic + word(3, 0)},
      {"magic first", kMagic + "ab",
       kMagic + word(1, 0) + kMagic + word(3, 2) + "ab" + zeros.substr(0, 2)},
      {"magic in the middle", "abcd" + kMagic + "efgh",
       kMagic + word(1, 4) + "abcd" + kMagic + word(3, 4) + "efgh"},
      {"magic last", "abcd" + kMagic, kMagic + word(1, 4) + "abcd" + kMagic + word(3, 0)},
      {"two magics", kMagic + "abcd" + kMagic + "e",
       kMagic + word(1, 0) + kMagic + word(2, 4) + "abcd" + kMagic + word(3, 1) + "e" +
           zeros.substr(0, 3)},
      // The first part ends where the payload begins, so the part before the second magic counts as
      // a middle one only because something was cut before it.
      {"two magics running", kMagic + kMagic,
       kMagic + word(1, 0) + kMagic + word(2, 0) + kMagic + word(3, 0)},
      {"magic cut by the end", "abcd" + kMagic.substr(0, 3),
       kMagic + word(0, 7) + "abcd" + kMagic.substr(0, 3) + zeros.substr(0, 1)},
  };
}

TEST(RecordIo, WritesTheBytesOfTheFormat) {
  const TestFolder folder;
  for (const Layout& layout : layouts()) {
    const std::string path = folder.file("one.rec");
    RecordWriter writer(path);
    writer.write(7, bytes_of(layout.payload));
    writer.finish();
    EXPECT_EQ(read_text(path), layout.file) << layout.what;
    EXPECT_EQ(read_text(folder.file("one.idx")), "7\t0\n") << layout.what;
  }
}

TEST(RecordIo, ReadsTheBytesOfTheFormat) {
  const TestFolder folder;
  for (const Layout& layout : layouts()) {
    const std::string path = folder.file("one.rec");
    write_text(path, layout.file + layout.file);
    const RecordReader reader(path);
    ASSERT_EQ(reader.size(), 2) << layout.what;
    EXPECT_EQ(read_as_text(reader, 0), layout.payload) << layout.what;
    EXPECT_EQ(read_as_text(reader, 1), layout.payload) << layout.what;
  }
}

// Random payloads, rich in magics; every record must come back with and without the index.
std::vector<std::string> random_payloads(std::size_t count) {
  Random random(5);
  std::vector<std::string> payloads(count);
  for (std::string& payload : payloads) {
    const std::size_t pieces = random.below(12);
    for (std::size_t i = 0; i < pieces; ++i) {
      payload += random.chance(0.4F) ? kMagic : std::string(random.below(9), 'x');
    }
  }
  return payloads;
}

void write_records(const std::string& path, const std::vector<std::string>& payloads) {
  RecordWriter writer(path);
  for (std::size_t i = 0; i < payloads.size(); ++i) writer.write(i, bytes_of(payloads[i]));
  writer.finish();
}

TEST(RecordIo, RoundTripWithAndWithoutIndex) {
  const TestFolder folder;
  const std::string path = folder.file("many.rec");
  const std::vector<std::string> payloads = random_payloads(300);
  write_records(path, payloads);
  for (const bool with_index : {true, false}) {
    if (!with_index) std::filesystem::remove(folder.file("many.idx"));
    const RecordReader reader(path);
    ASSERT_EQ(reader.size(), 300);
    for (std::size_t i = 0; i < payloads.size(); ++i) {
      EXPECT_EQ(read_as_text(reader, static_cast<std::int64_t>(i)), payloads[i]) << i;
    }
  }
}

TEST(RecordIo, ThreadsReadAtOnce) {
  const TestFolder folder;
  const std::string path = folder.file("many.rec");
  const std::vector<std::string> payloads = random_payloads(100);
  write_records(path, payloads);
  const RecordReader reader(path);
  std::array<int, 4> wrong{};
  {
    std::vector<std::jthread> threads;
    for (std::size_t t = 0; t < wrong.size(); ++t) {
      threads.emplace_back([&, t] {
        for (std::size_t i = 0; i < payloads.size(); ++i) {
          const std::size_t k = (i * 7 + t * 31) % payloads.size();
          wrong[t] += read_as_text(reader, static_cast<std::int64_t>(k)) != payloads[k];
        }
      });
    }
  }
  EXPECT_EQ(std::accumulate(wrong.begin(), wrong.end(), 0), 0);
}

TEST(RecordIo, IndexOrderIsFileOrder) {
  const TestFolder folder;
  write_records(folder.file("a.rec"), {"first", "second", "third"});
  write_text(folder.file("a.idx"), "9\t32\n4\t0\r\n5\t16\n");
  const RecordReader reader(folder.file("a.rec"));
  EXPECT_EQ(read_as_text(reader, 0), "first");
  EXPECT_EQ(read_as_text(reader, 2), "third");
}

TEST(RecordIo, EmptyFileHasNoRecords) {
  const TestFolder folder;
  write_text(folder.file("a.rec"), "");
  EXPECT_EQ(RecordReader(folder.file("a.rec")).size(), 0);
}

TEST(RecordIo, DamagedFilesAreNamedWithTheByte) {
  struct Case {
    const char* what;
    std::string file;
    const char* message;
  };
  const std::string good = kMagic + word(0, 4) + "abcd";
  const std::vector<Case> cases = {
      {"no magic", "abcdefgh", "found 0x64636261 at byte 0, expected the record magic 0xced7230a"},
      {"garbage after a record", good + "abcdefgh", "at byte 12"},
      {"header cut", good + kMagic, "file ends at byte 16 inside the record header at byte 12"},
      {"payload cut", good + kMagic + word(0, 9) + "abcdefgh",
       "9 bytes of payload, but the file ends at byte 28"},
      {"padding cut", kMagic + word(0, 3) + "abc",
       "3 bytes of payload, but the file ends at byte 11"},
      {"hostile length", kMagic + word(0, (1U << 29) - 1), "536870911 bytes of payload"},
      {"starts with a last part", kMagic + word(3, 0), "part 3 of a split record at byte 0"},
      {"ends in a split record", kMagic + word(1, 4) + "abcd",
       "inside the split record that begins at byte 0"},
      {"split record interrupted", kMagic + word(1, 0) + good,
       "part 0 at byte 8, expected more of the split record"},
      {"unknown part", kMagic + word(5, 0), "part 5"},
  };
  const TestFolder folder;
  for (const Case& c : cases) {
    const std::string path = folder.file("bad.rec");
    write_text(path, c.file);
    const std::string message = error_of([&] { RecordReader reader(path); });
    EXPECT_THAT(message, HasSubstr(c.message)) << c.what;
    EXPECT_THAT(message, HasSubstr(path)) << c.what;
  }
}

TEST(RecordIo, IndexThatDoesNotFit) {
  struct Case {
    const char* what;
    std::string index;
    const char* message;
  };
  const std::vector<Case> cases = {
      {"text", "hello\n", "line 1: expected a key, a tab and a byte offset"},
      {"no offset", "0\t0\n1\t\n", "line 2"},
      {"negative", "0\t-4\n", "line 1"},
      {"overflow", "0\t99999999999999999999999\n", "line 1"},
      {"empty", "", "0 entries for a file of 48 bytes"},
      {"twice", "0\t0\n1\t0\n", "an offset occurs twice"},
      {"first missing", "1\t16\n2\t32\n", "no record at byte 0"},
      {"last missing", "0\t0\n1\t16\n", "its last record ends at byte 32, the file at byte 48"},
      {"beyond the end", "0\t0\n1\t16\n2\t4096\n", "an offset of 4096 in a file of 48 bytes"},
      {"no record there", "0\t0\n1\t16\n2\t36\n", "expected the record magic"},
      {"end cut", "0\t0\n1\t16\n2\t44\n", "inside the record header"},
  };
  const TestFolder folder;
  const std::string path = folder.file("a.rec");
  write_records(path, {"first", "second", "third"});
  for (const Case& c : cases) {
    write_text(folder.file("a.idx"), c.index);
    EXPECT_THAT(error_of([&] { RecordReader reader(path); }), HasSubstr(c.message)) << c.what;
  }
  write_text(folder.file("a.idx"), "0\t0\n2\t32\n");  // seen only when the gap is read
  const RecordReader reader(path);
  EXPECT_THAT(error_of([&] { reader.read(0); }),
              HasSubstr("ends at byte 16, but the next begins at byte 32"));
}

TEST(RecordIo, MissingFilesAndIndices) {
  const TestFolder folder;
  EXPECT_THAT(error_of([&] { RecordReader reader(folder.file("none.rec")); }),
              HasSubstr("none.rec: cannot be read: No such file"));
  EXPECT_THAT(error_of([&] { RecordReader reader(folder.file("")); }), HasSubstr("is not a file"));
  write_records(folder.file("a.rec"), {"first"});
  const RecordReader reader(folder.file("a.rec"));
  for (const std::int64_t index : {-1, 1}) {
    EXPECT_THAT(error_of([&] { reader.read(index); }), HasSubstr("of 1"));
  }
}

TEST(RecordWriter, LeavesNothingHalfWritten) {
  const TestFolder folder;
  {
    RecordWriter writer(folder.file("a.rec"));
    writer.write(0, bytes_of("payload"));
  }
  EXPECT_EQ(folder.files(), 0U);
  EXPECT_THAT(error_of([&] { RecordWriter writer(folder.file("none/a.rec")); }),
              HasSubstr("cannot be written: No such file"));
  EXPECT_THAT(error_of([&] { RecordWriter writer(folder.file("a.idx")); }),
              HasSubstr("expected NAME.rec"));
  EXPECT_EQ(folder.files(), 0U);
}

TEST(RecordWriter, FullDiskIsAnEnvironmentError) {
  const TestFolder folder;
  std::filesystem::create_symlink("/dev/full", folder.file("a.rec"));
  RecordWriter writer(folder.file("a.rec"));
  writer.write(0, bytes_of("payload"));
  try {
    writer.finish();
    FAIL() << "no error on a full disk";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("No space left"));
    EXPECT_EQ(error.kind(), ErrorKind::environment);
  }
}

}  // namespace
}  // namespace qbench
