#include "engine/calibration/calibration_table.h"

#include "tests/fuzz/fuzz.h"

namespace qbench::fuzz {

void calibration_table(Bytes input) {
  static const Folder folder;
  const std::string file = folder.write("table.json", input);
  CalibrationTable table;
  if (!accepts([&] { table = load_table(file); })) return;
  save_table(table, file);
  require(load_table(file) == table, "what is saved loads back");
}

}  // namespace qbench::fuzz
