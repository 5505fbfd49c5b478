#include "engine/formats/formats.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <exception>
#include <iterator>
#include <new>

#include "engine/core/error.h"
#include "engine/formats/check_numbers.h"
#include "engine/formats/mxnet.h"
#include "engine/formats/onnx/onnx.h"

namespace qbench {
namespace {

const Format& format_of(const ModelFiles& files) {
  std::string known;
  for (const Format& format : formats()) {
    if (format.recognizes(files)) return format;
    known += fmt::format("\n  {}: {}", format.name, format.description);
  }
  throw Error(fmt::format("{}: no known format by its name; known are:{}", files.symbol, known));
}

// What was assumed may be why the file does not fit: the error says it.
Graph import_noting(const Format& format, const ModelFiles& files, const ImportOptions& options) {
  try {
    return format.import_model(files, options);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::bad_input || options.notices->empty()) throw;
    throw Error(fmt::format("{} ({})", error.what(), fmt::join(*options.notices, "; ")));
  }
}

}  // namespace

const std::vector<Format>& formats() {
  static const std::vector<Format> kFormats = {
      {"mxnet", "NAME-symbol.json with NAME-0000.params", false, is_mxnet, import_mxnet,
       export_mxnet, nullptr},
      {"onnx", "NAME.onnx", true, is_onnx, import_onnx, export_onnx, data_files_of_onnx},
  };
  return kFormats;
}

bool holds_parameters(const std::string& symbol) {
  return std::ranges::any_of(formats(), [&](const Format& format) {
    return format.one_file && format.recognizes({symbol, ""});
  });
}

Graph import_model(const ModelFiles& files, const ImportOptions& options) {
  if (options.batch < 1)
    throw Error(fmt::format("batch size {}, expected 1 or more", options.batch));
  if (!options.output.empty() && !options.until.empty())
    throw Error("an output and a node to end at were given, expected one of them");
  const Format& format = format_of(files);
  std::vector<std::string> notices;
  ImportOptions noting = options;
  noting.notices = &notices;
  try {
    Graph graph = import_noting(format, files, noting);
    try {
      check_numbers(graph);
    } catch (const Error& error) {
      throw error.at(files.params.empty() ? files.symbol : files.params);
    }
    if (options.notices != nullptr)
      std::ranges::move(notices, std::back_inserter(*options.notices));
    return graph;
  } catch (const Error&) {
    throw;
  } catch (const std::bad_alloc&) {
    throw Error(files.symbol + ": no memory to import the model", ErrorKind::environment);
  } catch (const std::exception& exception) {
    throw Error(fmt::format("{}: cannot be imported: {}", files.symbol, exception.what()));
  }
}

std::vector<std::string> data_files(const std::string& file) {
  for (const Format& format : formats()) {
    if (format.data_files != nullptr && format.recognizes({file, ""}))
      return format.data_files(file);
  }
  return {};
}

void export_model(const Graph& graph, const ModelFiles& files) {
  format_of(files).export_model(graph, files);
}

}  // namespace qbench
