// Content hashes.
#include "engine/core/hash.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>

#include "engine/core/error.h"

namespace qbench {
namespace {

std::span<const std::byte> bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

TEST(Hasher, IsXxh3Of128Bits) {
  // Published values of XXH3_128bits with seed 0.
  EXPECT_EQ(Hasher().hex(), "99aa06d3014798d86001c324468d497f");
  EXPECT_EQ(Hasher().add(bytes("a")).hex(), "a96faf705af16834e6c632b61e964e1f");
}

TEST(Hasher, BytesJoinButTextsDoNot) {
  EXPECT_EQ(Hasher().add(bytes("ab")).add(bytes("c")).hex(), Hasher().add(bytes("abc")).hex());
  EXPECT_NE(Hasher().add("ab").add("c").hex(), Hasher().add("a").add("bc").hex());
  EXPECT_NE(Hasher().add("").hex(), Hasher().hex());
}

TEST(HashFile, IsTheHashOfItsBytes) {
  const std::string path = testing::TempDir() + "hash_test_" + std::to_string(::getpid());
  const std::string content(200000, 'x');
  std::ofstream(path, std::ios::binary) << content;
  EXPECT_EQ(hash_file(path), Hasher().add(bytes(content)).hex());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << "";
  EXPECT_EQ(hash_file(path), Hasher().hex());
  std::remove(path.c_str());
}

TEST(HashFile, NamesTheFileItCannotRead) {
  for (const std::string path : {"/does/not/exist", "/"}) {
    try {
      hash_file(path);
      ADD_FAILURE() << path << " was read";
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), testing::StartsWith(path + ": cannot be read"));
    }
  }
}

}  // namespace
}  // namespace qbench
