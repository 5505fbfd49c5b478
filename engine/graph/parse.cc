// Text to graph.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <random>
#include <type_traits>
#include <utility>

#include "engine/core/error.h"
#include "engine/graph/scanner.h"
#include "engine/graph/text.h"

namespace qbench {
namespace {

constexpr std::int64_t kMostGenerated = std::int64_t{1} << 24;  // elements a short text can ask for

// What stands after the colon.
struct TypeText {
  TensorType type;
  std::size_t position = 0;
};

template <std::size_t index = 0>
Op op_named(Scanner& scanner, std::size_t position, std::string_view name) {
  if constexpr (index < std::variant_size_v<Op>) {
    Op op{std::in_place_index<index>};
    if (op_name(op) == name) return op;
    return op_named<index + 1>(scanner, position, name);
  } else {
    scanner.fail(position, fmt::format("'{}' is no operator", name));
  }
}

void read_attribute(Scanner& scanner, Op& op) {
  const std::size_t start = scanner.position();
  const std::string_view wanted = scanner.word("an attribute");
  scanner.expect('=');
  bool found = false;
  std::vector<std::string_view> known;
  const auto try_one = [&](std::string_view name, auto& value) {
    known.push_back(name);
    if (name != wanted) return;
    found = true;
    scanner.read(value);
  };
  std::visit([&](auto& typed) { typed.visit(try_one); }, op);
  if (!found) {
    scanner.fail(start, fmt::format("'{}' is no attribute of {}, which has: {}", wanted,
                                    op_name(op), fmt::join(known, ", ")));
  }
}

// What limits of random values are read as: double holds all of these exactly.
template <class T>
using Bound = std::conditional_t<std::is_same_v<T, std::int64_t>, std::int32_t, T>;

// Uniform in [low, high); integers in [low, high].
template <class T>
void fill_random(std::span<T> values, std::uint32_t seed, double low, double high) {
  std::mt19937 generator(seed);
  constexpr double kRange = 4294967296.0;  // of the generator: 2^32
  for (T& value : values) {
    const double fraction = static_cast<double>(generator()) / kRange;
    if constexpr (std::is_integral_v<T>) {
      value = static_cast<T>(low + std::floor(fraction * (high - low + 1)));
    } else {
      value = static_cast<T>(low + fraction * (high - low));
    }
  }
}

class ConstantReader {
 public:
  ConstantReader(Scanner& scanner, const TypeText& type) : scanner_(scanner), type_(type.type) {}

  Tensor read() {
    switch (type_.dtype) {
      case DType::f32:
        return read_as<float>(-1, 1);
      case DType::f64:
        return read_as<double>(-1, 1);
      case DType::s8:
        return read_as<std::int8_t>(-127, 127);
      case DType::u8:
        return read_as<std::uint8_t>(0, 255);
      case DType::s32:
        return read_as<std::int32_t>(-1000, 1000);
      case DType::s64:
        return read_as<std::int64_t>(-1000, 1000);
      case DType::f16:
        break;
    }
    scanner_.fail(scanner_.position(), "values of type f16 cannot be written as text");
  }

 private:
  template <class T>
  Tensor read_as(double low, double high) {
    const std::size_t start = scanner_.position();
    const std::string expected = fmt::format("a number of type {}", to_string(dtype_of<T>));
    if (scanner_.accept('[')) {
      scanner_.rewind(start);
      const std::vector<T> values = scanner_.list<T>(expected);
      if (!std::cmp_equal(values.size(), type_.shape.elements())) {
        scanner_.fail(start,
                      fmt::format("{} values for shape {}", values.size(), to_string(type_.shape)));
      }
      return Tensor::of<T>(type_.shape, values);
    }

    const std::string_view word = scanner_.word("[values], random(SEED) or full(X)");
    if (type_.shape.elements() > kMostGenerated) {
      scanner_.fail(start, fmt::format("constant of shape {} is too large for a text",
                                       to_string(type_.shape)));
    }
    Tensor tensor(type_.dtype, type_.shape);
    scanner_.expect('(');
    if (word == "full") {
      std::ranges::fill(tensor.data<T>(), scanner_.number<T>(expected));
    } else if (word == "random") {
      const auto seed = scanner_.number<std::uint32_t>("a seed");
      if (scanner_.accept(',')) {
        low = scanner_.number<Bound<T>>(expected);
        scanner_.expect(',');
        high = scanner_.number<Bound<T>>(expected);
      }
      fill_random(tensor.data<T>(), seed, low, high);
    } else {
      scanner_.fail(start, fmt::format("'{}', expected [values], random(SEED) or full(X)", word));
    }
    scanner_.expect(')');
    return tensor;
  }

  Scanner& scanner_;
  const TensorType& type_;
};

class Parser {
 public:
  explicit Parser(std::string_view text) : scanner_(text) {}

  Graph run() {
    scanner_.skip_empty_lines();
    while (!at_return()) {
      read_node();
      end_line();
      scanner_.skip_empty_lines();
    }
    read_return();
    end_line();
    scanner_.skip_empty_lines();
    if (!scanner_.at_end()) scanner_.fail(scanner_.position(), "text after 'return'");
    return std::move(graph_);
  }

 private:
  bool at_return() {
    const std::size_t start = scanner_.position();
    if (scanner_.at_end()) scanner_.fail(start, "the text ends without 'return'");
    if (scanner_.accept('"')) {
      scanner_.rewind(start);
      return false;
    }
    const bool found = scanner_.word("a node or 'return'") == "return";
    if (!found) scanner_.rewind(start);
    return found;
  }

  void end_line() {
    if (!scanner_.at_end_of_line()) {
      scanner_.fail(scanner_.position(), "more text, expected the end of the line");
    }
  }

  NodeId read_input() {
    const std::size_t start = scanner_.position();
    const std::string name = scanner_.name();
    const std::optional<NodeId> id = graph_.find(name);
    if (!id) scanner_.fail(start, fmt::format("no node '{}' above", name));
    return *id;
  }

  void read_return() {
    std::vector<NodeId> outputs;
    if (!scanner_.at_end_of_line()) {
      do {
        outputs.push_back(read_input());
      } while (scanner_.accept(','));
    }
    graph_.set_outputs(std::move(outputs));
  }

  bool next_is_attribute() {
    const std::size_t start = scanner_.position();
    scanner_.name();
    const bool found = scanner_.accept('=');
    scanner_.rewind(start);
    return found;
  }

  // "a, b; name=value, name=value)" after the opening parenthesis.
  std::vector<NodeId> read_arguments(Op& op) {
    std::vector<NodeId> inputs;
    if (scanner_.accept(')')) return inputs;
    if (!next_is_attribute()) {
      do {
        inputs.push_back(read_input());
      } while (scanner_.accept(','));
      if (!scanner_.accept(';')) {
        scanner_.expect(')');
        return inputs;
      }
    }
    do {
      read_attribute(scanner_, op);
    } while (scanner_.accept(','));
    scanner_.expect(')');
    return inputs;
  }

  // " f32[1,2] scales=[0.5] axis=0"; what follows is left.
  TypeText read_type() {
    TypeText text{.type = {}, .position = scanner_.position()};
    try {
      text.type.dtype = dtype_from_string(scanner_.word("a type"));
      scanner_.read(text.type.shape);
      text.type.shape.elements();
    } catch (const Error& error) {
      scanner_.fail(text.position, error.what());
    }
    while (!scanner_.at_end_of_line()) {
      const std::size_t start = scanner_.position();
      const std::string_view key = scanner_.word("scales, axis, dynamic or values");
      if (key == "dynamic") {
        text.type.quant = QuantParams{.scales = {}, .axis = -1, .dynamic = true};
      } else if (key == "scales") {
        scanner_.expect('=');
        text.type.quant = QuantParams{.scales = scanner_.list<float>("a scale")};
      } else if (key == "axis" && text.type.quant) {
        scanner_.expect('=');
        text.type.quant->axis = scanner_.number<int>("an axis");
      } else {
        scanner_.rewind(start);
        break;
      }
    }
    return text;
  }

  Tensor read_values(const TypeText& type) {
    const std::size_t start = scanner_.position();
    const std::string_view key = scanner_.word("values=");
    if (key == "hash") {
      scanner_.fail(start, "a hash, expected values: a printed constant has lost them");
    }
    if (key != "values") scanner_.fail(start, fmt::format("'{}', expected values=", key));
    scanner_.expect('=');
    return ConstantReader(scanner_, type).read();
  }

  void read_node() {
    const std::size_t start = scanner_.position();
    std::string name = scanner_.name();
    scanner_.expect('=');
    const std::size_t op_position = scanner_.position();
    Op op = op_named(scanner_, op_position, scanner_.word("an operator"));
    scanner_.expect('(');
    std::vector<NodeId> inputs = read_arguments(op);

    std::optional<TypeText> written;
    if (scanner_.accept(':')) written = read_type();
    if (auto* constant = std::get_if<Constant>(&op)) {
      if (!written) scanner_.fail(scanner_.position(), "a constant needs a type: ': f32[...]'");
      constant->value = std::make_shared<const Tensor>(read_values(*written));
    }
    std::optional<Graph::Quantization> quantization;
    if (written && written->type.quant) {
      quantization = Graph::Quantization{written->type.dtype, *written->type.quant};
    }
    try {
      graph_.add(std::move(name), std::move(op), std::move(inputs), std::move(quantization));
    } catch (const Error& error) {
      throw error.at(scanner_.place(start));
    }
    check_type(written);
  }

  void check_type(const std::optional<TypeText>& written) const {
    const TensorType& type = graph_[graph_.size() - 1].type;
    if (!written || written->type == type) return;
    scanner_.fail(written->position,
                  fmt::format("the type is {}{}", to_string(type.dtype), to_string(type.shape)));
  }

  Scanner scanner_;
  Graph graph_;
};

}  // namespace

Graph parse_graph(std::string_view text) { return Parser(text).run(); }

}  // namespace qbench
