#include "engine/core/printable.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/core/json_text.h"

namespace qbench {
namespace {

TEST(Printable, KeepsWhatIsUtf8) {
  EXPECT_EQ(printable("gr\xC3\xBCn \xE2\x82\xAC \xF0\x9F\x98\x80\n\t"),
            "gr\xC3\xBCn \xE2\x82\xAC \xF0\x9F\x98\x80\n\t");
  EXPECT_EQ(printable(""), "");
}

TEST(Printable, ReplacesOtherBytesAndControls) {
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(printable("gr\xFCn"), "gr" + r + "n");
  EXPECT_EQ(printable("\x1B[2J\x7F"), r + "[2J" + r);
  EXPECT_EQ(printable("a\xC3"), "a" + r);
  EXPECT_EQ(printable("\xC0\x80"), r + r);                  // overlong
  EXPECT_EQ(printable("\xE0\x80\x80"), r + r + r);          // overlong
  EXPECT_EQ(printable("\xED\xA0\x80"), r + r + r);          // a surrogate
  EXPECT_EQ(printable("\xF4\x90\x80\x80"), r + r + r + r);  // beyond U+10FFFF
  EXPECT_EQ(printable("\xC2\x9B"), r);                      // a control of Latin-1
}

TEST(JsonText, KeepsTheResultWhateverTheNames) {
  const nlohmann::ordered_json json = {{"gr\xFCn", "\xFF"}, {"top1", 0.5}};
  EXPECT_EQ(json_text(json), "{\"gr\xEF\xBF\xBDn\":\"\xEF\xBF\xBD\",\"top1\":0.5}");
}

}  // namespace
}  // namespace qbench
