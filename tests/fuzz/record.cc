#include "datasets/detection_label.h"
#include "datasets/image_record.h"
#include "datasets/record_io.h"
#include "tests/fuzz/fuzz.h"

namespace qbench::fuzz {
namespace {

void check_sample(const Sample& sample) {
  const std::vector<std::byte> written = make_image_record(sample);
  require(make_image_record(parse_image_record(written)) == written, "what is written reads back");
  if (!is_detection_label(sample.label)) return;
  std::vector<GroundTruthBox> boxes;
  if (!accepts([&] { boxes = parse_detection_label(sample.label); })) return;
  require(parse_detection_label(make_detection_label(boxes)) == boxes, "a label reads back");
}

}  // namespace

void record(Bytes input) {
  static const Folder folder;
  const std::string file = folder.write("input.rec", input);
  accepts([&] {
    const RecordReader reader(file);
    for (std::int64_t i = 0; i < reader.size(); ++i) {
      const std::vector<std::byte> payload = reader.read(i);  // its header was read before
      Sample sample;
      if (accepts([&] { sample = parse_image_record(payload); })) check_sample(sample);
    }
  });
}

}  // namespace qbench::fuzz
