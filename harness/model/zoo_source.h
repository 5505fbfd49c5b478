// A network of the zoo where a symbol file could stand: "zoo:NAME[,width=W][,classes=N]".
#pragma once

#include <string>
#include <string_view>

#include "engine/formats/formats.h"
#include "engine/zoo/zoo.h"

namespace qbench {

struct ZooSource {
  const ZooModel* model = nullptr;
  ZooOptions options;
};

bool is_zoo(std::string_view symbol);

// Throws Error naming the part that is wrong, with the names there are.
ZooSource parse_zoo(std::string_view symbol);
std::string to_string(const ZooSource& source);

// At the given image shape, else the documented one. Without a parameter file, weights are drawn
// from the seed.
Graph import_zoo(const ModelFiles& files, const ImportOptions& options);

}  // namespace qbench
