#include "reports/record/tags.h"

#include <gmock/gmock.h>

#include "tests/reports/record/testing.h"

namespace qbench {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

class Tags : public StoreTest {
 protected:
  std::int64_t a_run() const {
    RunInfo info;
    info.suite = "demo";
    return create().begin_run(info);
  }
};

TEST_F(Tags, AreListedByName) {
  const std::int64_t first = a_run();
  const std::int64_t second = a_run();
  EXPECT_THAT(list_tags(path_), IsEmpty());
  put_tag(path_, {"release-1.4", first});
  put_tag(path_, {"baseline", second});
  EXPECT_THAT(list_tags(path_), ElementsAre(Tag{"baseline", second}, Tag{"release-1.4", first}));
}

TEST_F(Tags, MoveAndGo) {
  const std::int64_t first = a_run();
  const std::int64_t second = a_run();
  put_tag(path_, {"baseline", first});
  put_tag(path_, {"baseline", second});
  EXPECT_THAT(list_tags(path_), ElementsAre(Tag{"baseline", second}));
  EXPECT_TRUE(remove_tag(path_, "baseline"));
  EXPECT_FALSE(remove_tag(path_, "baseline"));
  EXPECT_THAT(list_tags(path_), IsEmpty());
}

TEST_F(Tags, GoWithTheirRun) {
  const std::int64_t run = a_run();
  put_tag(path_, {"baseline", run});
  sql("PRAGMA foreign_keys = ON; DELETE FROM runs");
  EXPECT_THAT(list_tags(path_), IsEmpty());
}

TEST_F(Tags, OfNoRunAreRefused) {
  a_run();
  EXPECT_THAT(
      [&] {
        put_tag(path_, {"baseline", 7});
      },
      ThrowsMessage<Error>(HasSubstr("runs.db: no run 7 in this database")));
  EXPECT_THAT(list_tags(path_), IsEmpty());
}

TEST_F(Tags, ThatWouldNotBeFoundAreRefused) {
  const std::int64_t run = a_run();
  for (const char* name :
       {"", "7", "4th", "a b", "a:b", "a/b", "-x", "ä", "latest", "previous", "nights.sqlite"}) {
    EXPECT_THROW(put_tag(path_, {name, run}), Error) << name;
  }
  for (const char* name : {"v1.4", "release_2", "a", "nightly+clang-14"}) {
    EXPECT_NO_THROW(put_tag(path_, {name, run})) << name;
  }
}

TEST_F(Tags, OfAnAbsentFileAreAnError) {
  EXPECT_THAT([&] { list_tags(path_); }, ThrowsMessage<Error>(HasSubstr("runs.db: cannot be")));
}

}  // namespace
}  // namespace qbench
