#include <vector>

#include "datasets/image_record.h"
#include "datasets/record_io.h"
#include "tests/fuzz/fuzz.h"

namespace qbench::fuzz {
namespace {

void write_records(const std::string& file) {
  RecordWriter writer(file);
  for (std::uint64_t i = 0; i < 3; ++i)
    writer.write(i, make_image_record({std::vector<std::byte>(20 * i), {1}, i}));
  writer.finish();
}

void read_by_index(const std::string& records) {
  const RecordReader reader(records);
  for (std::int64_t i = 0; i < reader.size(); ++i) reader.read(i);
}

}  // namespace

void list(Bytes input) {
  static const Folder folder;
  static const std::string records = folder.path("fixed.rec");
  static const bool once = (write_records(records), true);
  require(once, "the records are there");
  folder.write("fixed.idx", input);
  accepts([&] { read_by_index(records); });

  const std::string file = folder.write("input.lst", input);
  std::vector<ListEntry> entries;
  if (!accepts([&] { entries = read_list(file); })) return;
  if (accepts([&] { write_list(file, entries); })) read_list(file);
}

}  // namespace qbench::fuzz
