// JSON as text, whatever bytes its strings hold.
#pragma once

#include <string>

namespace qbench {

// Bytes that are not UTF-8 (a Latin-1 path, say) become U+FFFD: no result is lost for a name.
// indent -1: on one line. `Json` is one of nlohmann's types, which this header does not include.
template <class Json>
std::string json_text(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace qbench
